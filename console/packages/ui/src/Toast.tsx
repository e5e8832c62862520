/** Short notices in a corner; each says what happened, and may offer one act such as undo. */
import { signal } from "@preact/signals";
import { Button } from "./Button";

export type Tone = "calm" | "good" | "caution" | "bad";

interface Notice {
  id: number;
  text: string;
  tone: Tone;
  act?: { label: string; run: () => void } | undefined;
}

const SHOWN_MS = 6000;
const notices = signal<readonly Notice[]>([]);
let last = 0;

export function notify(text: string, tone: Tone = "calm", act?: Notice["act"]): void {
  const id = ++last;
  notices.value = [...notices.value.filter((notice) => notice.text !== text), { id, text, tone, act }].slice(
    -4,
  );
  setTimeout(() => dismiss(id), SHOWN_MS);
}

function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

const SIGN: Record<Tone, string> = { calm: "·", good: "✓", caution: "!", bad: "✕" };

export function Toasts() {
  return (
    <div class="ui-toasts" role="status" aria-live="polite">
      {notices.value.map((notice) => (
        <div key={notice.id} class={`ui-toast ui-tone-${notice.tone}`}>
          <b aria-hidden="true">{SIGN[notice.tone]}</b>
          <span>{notice.text}</span>
          {notice.act && (
            <Button
              look="quiet"
              onClick={() => {
                notice.act?.run();
                dismiss(notice.id);
              }}
            >
              {notice.act.label}
            </Button>
          )}
        </div>
      ))}
    </div>
  );
}
