/** One-word signals: given by a key as wide as a thumb, and shown large when somebody else gives one. */
import type { Signal } from "@nearhand/contract";
import { signalWord } from "@nearhand/ui";
import { useEffect } from "preact/hooks";
import type { Desk } from "./desk";
import { t } from "./words";

/** Their keys are 1 to 5. */
export const SIGNALS: readonly Signal[] = ["stop", "wait", "go", "pull", "which"];
const SHAPES: Record<Signal, string> = { stop: "⬣", wait: "◆", go: "▲", pull: "▼", which: "●" };
const SHOWN_MS = 5000;

export function SignalBar({ desk }: { desk: Desk }) {
  const { isEnded, signal } = desk.view.value;
  return (
    <div class="signals" role="group" aria-label={t("signals")}>
      {SIGNALS.map((each, n) => (
        <button
          key={each}
          type="button"
          class={`signal signal-${each}`}
          disabled={isEnded}
          aria-pressed={signal?.signal === each}
          aria-keyshortcuts={String(n + 1)}
          data-testid={`signal-${each}`}
          onClick={() => desk.session.commands.signal(each)}
        >
          <span aria-hidden="true">{SHAPES[each]}</span> {signalWord(each)} <kbd>{n + 1}</kbd>
        </button>
      ))}
    </div>
  );
}

/** A signal that somebody else just gave, over the picture. Older ones stay in the time line. */
export function SignalFlash({ desk }: { desk: Desk }) {
  const given = desk.flash.value;
  useEffect(() => {
    if (!given) return;
    const timer = setTimeout(() => (desk.flash.value = null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [given]);
  if (!given) return null;
  const name = desk.view.value.participants.find((each) => each.id === given.by)?.display_name;
  return (
    <p class={`signal-flash signal-${given.signal}`} role="alert" data-testid="signal-flash">
      <b>{signalWord(given.signal)}</b>
      <span>{name ?? t("somebody")}</span>
    </p>
  );
}
