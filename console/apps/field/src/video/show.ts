/** Live pictures of this page's camera to whoever watches the session, by the best of the ways there are. */
import { type Commands, PictureSender } from "@nearhand/live";
import { signal } from "@preact/signals";
import { STREAM } from "../camera/frames";
import type { PictureTaken, PictureWanted } from "../camera/messages";
import type { Direct, LivePictures, Rung } from "../camera/showing";
import { JUDGE_EVERY_MS, type Step, STEPS } from "./ladder";
import { FILMS, Rungs } from "./rungs";

const EARLY_MS = 12; // a frame that comes this much before its time is taken: the next one is later
const TELL_EVERY_MS = 5000; // also when it is as before: who came later has not heard it

/** Is due so often, and only so often. */
class Pace {
  #nextAt = 0;

  isDue(now: number, perS: number): boolean {
    if (now < this.#nextAt - EARLY_MS) return false;
    this.#nextAt = Math.max(this.#nextAt + 1000 / perS, now);
    return true;
  }
}

export function showPictures(sessionId: string, commands: Pick<Commands, "tellRung">): LivePictures {
  const rungs = new Rungs();
  const rung = signal<Rung>({
    rung: 4,
    because: "unwatched",
    isWatched: false,
    chosen: null,
    bytes: 0,
    isLive: false,
  });
  const [filmPace, linePace] = [new Pace(), new Pace()];
  let direct: Direct | null = null;
  let [filmed, filmBytes, madeMs, toldAt] = [0, 0, 0, -Infinity];
  const sender: PictureSender = new PictureSender({ sessionId, stream: STREAM, onChange: () => changed() });
  const changed = (looking = 0) => {
    const { rung: no, because, film, step } = rungs.now;
    const isWatched = sender.watchers > 0 || film !== null || looking > 0;
    const isLive = film !== null || (sender.watchers > 0 && step < STEPS.length);
    const next = {
      rung: no, because, isWatched, isLive, chosen: rungs.chosen?.rung ?? null, bytes: sender.bytes + filmBytes,
    }; // prettier-ignore
    const before = rung.peek();
    const isOther = no !== before.rung || because !== before.because;
    if (isOther || performance.now() - toldAt > TELL_EVERY_MS) {
      toldAt = performance.now();
      commands.tellRung(STREAM, no, because);
    }
    if (isOther || Object.keys(next).some((key) => next[key as keyof Rung] !== before[key as keyof Rung]))
      rung.value = next;
  };
  const judge = async () => {
    const seen = (await direct?.measure().catch(() => [])) ?? [];
    filmBytes += seen.reduce((sum, { bytes }) => sum + bytes, 0);
    if (!document.hidden)
      rungs.judge(performance.now(), {
        direct: seen,
        filmed,
        line: { ...sender.paced(), madeMs },
        isLineOpen: sender.isOpen,
        watchers: sender.watchers,
        isSpent: sender.isSpent,
      });
    [madeMs, filmed] = [0, 0];
    direct?.limit((rungs.now.film ?? FILMS[1]).bitPerS);
    changed(seen.length);
  };
  /** Where all who watch read it, a picture may rest on the one before it: the same for a fifth of the bytes. */
  const pictureOf = ({ width: longest, quality, bitPerS }: Step): PictureWanted =>
    sender.allReadVp8 && typeof VideoEncoder !== "undefined"
      ? { codec: "vp8", longest, bitPerS, isKey: sender.takeKey() }
      : { codec: "jpeg", longest, quality };
  const judging = setInterval(() => void judge(), JUDGE_EVERY_MS);
  sender.open();
  return {
    rung,
    wants(now) {
      if (document.hidden) return { picture: null, film: null };
      const { film, step: no } = rungs.now;
      const isFilmDue = film !== null && filmPace.isDue(now, film.perS);
      if (isFilmDue) filmed++;
      const step = sender.watchers > 0 ? STEPS[no] : undefined;
      const isDue = step !== undefined && linePace.isDue(now, step.perS) && sender.isRoom();
      return {
        picture: isDue ? pictureOf(step) : null,
        film: isFilmDue ? { longest: film.longest } : null,
      };
    },
    take({ frame: { frame_id, captured_at }, width, height, codec, isKey, data, mask, ms }: PictureTaken) {
      madeMs = Math.max(madeMs, ms);
      sender.send({ frame_id, captured_at, width, height, codec, isKey, mask }, data);
    },
    through: (way) => void (direct = way),
    pin(no) {
      rungs.chosen = no && { rung: no, by: "by_hand" };
      changed();
    },
    ask(no) {
      rungs.ask(no);
      changed();
    },
    again: () => sender.open(),
    close() {
      clearInterval(judging);
      sender.close();
    },
  };
}
