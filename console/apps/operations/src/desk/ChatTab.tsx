/** The chat: lines by whom and when, unsaved ones marked, one field below. */
import { Button, clock, EmptyState } from "@nearhand/ui";
import messageSquare from "lucide-static/icons/message-square.svg?raw";
import { useEffect, useRef } from "preact/hooks";
import type { Desk } from "./desk";
import { t } from "./words";

export function ChatTab({ desk }: { desk: Desk }) {
  const { chat, participants, you, isEnded, pending } = desk.view.value;
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [chat.length, pending.lines.length]);
  const nameOf = (id: string) => participants.find((each) => each.id === id)?.display_name ?? t("somebody");
  return (
    <div class="chat">
      {chat.length + pending.lines.length === 0 ? (
        <EmptyState icon={messageSquare} title={t("noChat")}>
          <p>{t("noChatHint")}</p>
        </EmptyState>
      ) : (
        <ol ref={list} aria-live="polite">
          {chat.map((line) => (
            <li key={line.seq} class={line.by === you?.id ? "chat-mine" : ""}>
              <b>{line.by === you?.id ? t("you") : nameOf(line.by)}</b> <time>{clock(line.at)}</time>
              <p>{line.text}</p>
            </li>
          ))}
          {pending.lines.map((line) => (
            <li key={`unsaved-${line.n}`} class="chat-unsaved" data-testid="chat-unsaved">
              <b>{t("you")}</b> <small>… {t("pendingMark")}</small>
              <p>{line.text}</p>
            </li>
          ))}
        </ol>
      )}
      {!isEnded && (
        <form
          class="copy-row"
          onSubmit={(event) => {
            event.preventDefault();
            const field = event.currentTarget.elements.namedItem("text") as HTMLInputElement;
            desk.session.commands.say(field.value);
            field.value = "";
          }}
        >
          <input
            class="ui-input"
            name="text"
            maxLength={2000}
            placeholder={t("say")}
            aria-label={t("say")}
            autocomplete="off"
            data-testid="chat-input"
          />
          <Button type="submit">{t("send")}</Button>
        </form>
      )}
    </div>
  );
}
