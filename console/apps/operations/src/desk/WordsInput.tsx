/** Words for a mark, typed at its place. Enter places it, Escape gives it up. */
import { useEffect, useRef } from "preact/hooks";
import type { WordsWanted } from "./desk";
import { t } from "./words";

const MARGIN_PX = 8;
const WIDTH_PX = 240;

export function WordsInput({ wanted, onClose }: { wanted: WordsWanted; onClose: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  const isDone = useRef(false);
  useEffect(() => input.current?.focus(), []);
  const done = (text: string | null) => {
    if (isDone.current) return;
    isDone.current = true;
    wanted.onDone(text?.trim() ?? null);
    onClose();
  };
  const left = Math.min(wanted.at.left, innerWidth - WIDTH_PX - MARGIN_PX);
  return (
    <input
      ref={input}
      class="ui-input words-input"
      style={{ left: `${left}px`, top: `${wanted.at.top}px`, width: `${WIDTH_PX}px` }}
      aria-label={t("words")}
      placeholder={t("words")}
      maxLength={500}
      defaultValue={wanted.text ?? ""}
      data-testid="mark-words"
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter" && !event.isComposing) done(event.currentTarget.value);
        if (event.key === "Escape") done(null);
      }}
      onBlur={(event) => done(event.currentTarget.value)}
    />
  );
}
