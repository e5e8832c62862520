/** One large word from the other side, over everything, until it is understood. */
import type { Signal } from "@nearhand/contract";
import { Icon, signalWord } from "@nearhand/ui";
import { useEffect } from "preact/hooks";
import { go, hourglass, pull, question, stop } from "../hud/icons";
import { t } from "../words/session";
import { bigSignal, nameOf } from "./room";

export const SIGNALS: readonly { signal: Signal; svg: string }[] = [
  { signal: "stop", svg: stop },
  { signal: "wait", svg: hourglass },
  { signal: "go", svg: go },
  { signal: "pull", svg: pull },
  { signal: "which", svg: question },
];

const SHOWN_MS = 5000;

export function BigSignal() {
  const now = bigSignal.value;
  const staysUp = now?.signal === "stop";
  useEffect(() => {
    if (!now || staysUp) return;
    const timer = setTimeout(() => (bigSignal.value = null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [now?.seq]);
  if (!now) return <div role="alert" class="unseen" />;
  const { svg } = SIGNALS.find(({ signal }) => signal === now.signal)!;
  return (
    <div role="alert" class={`signal is-${now.signal}`} data-testid="big-signal">
      <Icon svg={svg} size={96} />
      <p>{t("from", { name: nameOf(now.by) })}</p>
      <p class="signal-word">{signalWord(now.signal)}</p>
      <button type="button" class="big" onClick={() => (bigSignal.value = null)}>
        {t("understood")}
      </button>
    </div>
  );
}
