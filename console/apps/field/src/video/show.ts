/** Live pictures of this page's camera to whoever watches the session, as well as the line carries them. */
import { PictureSender } from "@nearhand/live";
import { signal } from "@preact/signals";
import { STREAM } from "../camera/frames";
import type { PictureTaken } from "../camera/messages";
import type { LivePictures, Rung } from "../camera/showing";
import { JUDGE_EVERY_MS, Ladder, STEPS, STILLS } from "./ladder";

const EARLY_MS = 12; // a frame that comes this much before its time is taken: the next one is later

export function showPictures(sessionId: string): LivePictures {
  const ladder = new Ladder();
  const rung = signal<Rung>({
    step: STILLS,
    isWatched: false,
    isSpent: false,
    pinned: null,
    bytes: 0,
    isLive: false,
  });
  let nextAt = 0;
  let madeMs = 0;
  const tell = () => {
    const isWatched = sender.watchers > 0;
    const step = sender.isOpen && !sender.isSpent ? ladder.step : STILLS;
    const { isSpent, bytes } = sender;
    const before = rung.peek();
    const isLive = isWatched && step < STILLS;
    const next = { step, isWatched, isSpent, pinned: ladder.pinned, bytes, isLive };
    if (Object.keys(next).some((key) => next[key as keyof Rung] !== before[key as keyof Rung]))
      rung.value = next;
  };
  const sender: PictureSender = new PictureSender({ sessionId, stream: STREAM, onChange: () => tell() });
  sender.open();
  const judging = setInterval(() => {
    const paced = sender.paced();
    if (sender.watchers > 0 && !document.hidden) ladder.judge(performance.now(), { ...paced, madeMs });
    madeMs = 0;
    tell();
  }, JUDGE_EVERY_MS);
  return {
    rung,
    wants(now) {
      const step = STEPS[rung.peek().step];
      if (!step || sender.watchers === 0 || document.hidden || now < nextAt - EARLY_MS) return null;
      nextAt = Math.max(nextAt + 1000 / step.perS, now);
      return sender.isRoom() ? { longest: step.width, quality: step.quality } : null;
    },
    take({ frame, width, height, jpeg, ms, mask }: PictureTaken) {
      madeMs = Math.max(madeMs, ms);
      sender.send({ frame_id: frame.frame_id, captured_at: frame.captured_at, width, height, mask }, jpeg);
    },
    pin(step) {
      ladder.pinned = step;
      tell();
    },
    again: () => sender.open(),
    close() {
      clearInterval(judging);
      sender.close();
    },
  };
}
