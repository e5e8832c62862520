/** One-word signals: given by a key as wide as a thumb, and shown large when somebody else gives one. */
import type { Signal } from "@nearhand/contract";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Desk } from "./desk";
import { t } from "./words";

const SIGNALS: readonly Signal[] = ["stop", "wait", "go", "pull", "which"];
const SHAPES: Record<Signal, string> = { stop: "⬣", wait: "◆", go: "▲", pull: "▼", which: "?" };
const SHOWN_MS = 5000;

export function SignalBar({ desk }: { desk: Desk }) {
  const { isEnded, signal } = desk.view.value;
  return (
    <div class="signals" role="group" aria-label={t("signals")}>
      {SIGNALS.map((each) => (
        <button
          key={each}
          type="button"
          class={`signal signal-${each}`}
          disabled={isEnded}
          aria-pressed={signal?.signal === each}
          data-testid={`signal-${each}`}
          onClick={() => desk.session.commands.signal(each)}
        >
          <span aria-hidden="true">{SHAPES[each]}</span> {t(each)}
        </button>
      ))}
    </div>
  );
}

/** A signal that was just given, over the picture. Older ones stay in the time line. */
export function SignalFlash({ desk }: { desk: Desk }) {
  const { signal, participants, you } = desk.view.value;
  const over = useSignal(signal?.seq ?? 0);
  useEffect(() => {
    if (!signal) return;
    const timer = setTimeout(() => (over.value = signal.seq), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [signal?.seq]);
  if (!signal || signal.by === you?.id || signal.seq <= over.value) return null;
  const name = participants.find((each) => each.id === signal.by)?.display_name ?? t("somebody");
  return (
    <p class={`signal-flash signal-${signal.signal}`} role="alert" data-testid="signal-flash">
      <b>{t(signal.signal)}</b>
      <span>{name}</span>
    </p>
  );
}
