/** The chat: lines by whom and when, then those that nobody else can read yet and why, one field below. */
import { Button, clock, EmptyState } from "@nearhand/ui";
import messageSquare from "lucide-static/icons/message-square.svg?raw";
import { useEffect, useRef } from "preact/hooks";
import type { Desk } from "./desk";
import type { DeskHall } from "./hall";
import { Line, Sayings } from "./Spoken";
import { wayOf, type RefusedLine } from "./unsent";
import { refusalText, t } from "./words";

export function ChatTab({ desk, hall }: { desk: Desk; hall: DeskHall | null }) {
  const { chat, participants, you, isEnded, pending, link } = desk.view.value;
  const refused = desk.refusedLines.all.value;
  const count = chat.length + pending.lines.length + refused.length;
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [count]);
  const nameOf = (id: string) => participants.find((each) => each.id === id)?.display_name ?? t("somebody");
  return (
    <div class="chat">
      {count === 0 ? (
        <EmptyState icon={messageSquare} title={t("noChat")}>
          <p>{t("noChatHint")}</p>
        </EmptyState>
      ) : (
        <ol ref={list} aria-live="polite">
          {chat.map((line) => (
            <li key={line.seq} class={line.by === you?.id ? "chat-mine" : ""}>
              <b>{line.by === you?.id ? t("you") : nameOf(line.by)}</b> <time>{clock(line.at)}</time>
              <Line desk={desk} line={line} />
            </li>
          ))}
          {refused.map((line) => (
            <Refused key={`refused-${line.n}`} desk={desk} line={line} />
          ))}
          {pending.lines.map((line) => (
            <li key={`unsaved-${line.n}`} class="chat-unsaved" data-testid="chat-unsaved">
              <b>{t("you")}</b> <small>… {t(`line_${wayOf(link)}`)}</small>
              <Line desk={desk} line={line} />
            </li>
          ))}
        </ol>
      )}
      {pending.lines.length > 0 && link.state === "waiting" && (
        <p class="chat-waits">
          <small>{t("linesWait")}</small>
          <Button onClick={() => desk.session.live.connect()} data-testid="chat-try-now">
            {t("tryNow")}
          </Button>
        </p>
      )}
      {!isEnded && desk.maySpeak.value && <Sayings desk={desk} hall={hall} />}
      {!isEnded && desk.maySpeak.value && (
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

function Refused({ desk, line }: { desk: Desk; line: RefusedLine }) {
  return (
    <li class="chat-refused" data-testid="chat-refused">
      <b>{t("you")}</b> <small>✕ {t("line_refused", { why: refusalText(line) })}</small>
      <p>{line.text}</p>
      <div class="button-row">
        {!desk.view.value.isEnded && (
          <Button onClick={() => desk.refusedLines.sayAgain(line)}>{t("sayAgain")}</Button>
        )}
        <Button look="quiet" onClick={() => desk.refusedLines.giveUp(line)}>
          {t("giveUp")}
        </Button>
      </div>
    </li>
  );
}
