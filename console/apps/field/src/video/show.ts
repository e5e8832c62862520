/** Live pictures of this page's camera to whoever watches the session, by the best of the ways there are. */
import { uploadedBytes } from "@nearhand/contract";
import { type OpenSession, PictureSender } from "@nearhand/live";
import { computed, signal } from "@preact/signals";
import { budgetState } from "@nearhand/ui/rung";
import { STREAM } from "../camera/frames";
import type { PictureTaken, PictureWanted } from "../camera/messages";
import type { Direct, LivePictures, Rung } from "../camera/showing";
import { budgetNow } from "./budget";
import { JUDGE_EVERY_MS, type Step, STEPS } from "./ladder";
import { FILMS, Rungs } from "./rungs";
import { fetchedBytes, Traffic } from "./traffic";

const EARLY_MS = 12; // a frame that comes this much before its time is taken: the next one is later
const TELL_EVERY_MS = 5000; // also when it is as before: who came later has not heard it
const FINEST = 50_000; // bytes: less is not told apart on the screen

/** Is due so often, and only so often. */
class Pace {
  #nextAt = 0;

  isDue(now: number, perS: number): boolean {
    if (now < this.#nextAt - EARLY_MS) return false;
    this.#nextAt = Math.max(this.#nextAt + 1000 / perS, now);
    return true;
  }
}

export function showPictures(
  sessionId: string,
  { live, commands }: Pick<OpenSession, "live" | "commands">,
): LivePictures {
  const rungs = new Rungs();
  const rung = signal<Rung>({
    rung: 4,
    because: "unwatched",
    isWatched: false,
    chosen: null,
    isLive: false,
  });
  const [filmPace, linePace] = [new Pace(), new Pace()];
  let direct: Direct | null = null;
  let [filmed, endedBytes, madeMs, toldAt] = [0, 0, 0, -Infinity];
  const sender: PictureSender = new PictureSender({ sessionId, stream: STREAM, onChange: () => changed() });
  const traffic = new Traffic(sessionId, [
    () => live.bytes,
    () => sender.bytes,
    () => endedBytes + (direct?.bytes ?? 0),
    uploadedBytes,
    fetchedBytes,
  ]);
  const bytes = signal(traffic.bytes);
  const told = signal(live.get().budgetBytes);
  const data = computed(() => ({ bytes: bytes.value, budget: budgetNow(told.value) }));
  const count = () => {
    const now = traffic.bytes;
    if (now - bytes.peek() >= FINEST) bytes.value = now;
    told.value = live.get().budgetBytes;
    traffic.keep();
  };
  const changed = (looking = 0) => {
    const { rung: no, because, film, step } = rungs.now;
    const isWatched = sender.watchers > 0 || film !== null || looking > 0;
    const isLive = film !== null || (sender.watchers > 0 && step < STEPS.length);
    const next = {
      rung: no, because, isWatched, isLive, chosen: rungs.chosen?.rung ?? null,
    }; // prettier-ignore
    const before = rung.peek();
    const isOther = no !== before.rung || because !== before.because;
    if (isOther || performance.now() - toldAt > TELL_EVERY_MS) {
      toldAt = performance.now();
      commands.tellRung(STREAM, { rung: no, because }, data.peek());
    }
    if (isOther || Object.keys(next).some((key) => next[key as keyof Rung] !== before[key as keyof Rung]))
      rung.value = next;
  };
  const judge = async () => {
    const seen = (await direct?.measure().catch(() => [])) ?? [];
    count();
    const { bytes: used, budget } = data.peek();
    if (!document.hidden)
      rungs.judge(performance.now(), {
        direct: seen,
        filmed,
        line: { ...sender.paced(), madeMs },
        isLineOpen: sender.isOpen,
        watchers: sender.watchers,
        isSpent: sender.isSpent,
        isOverBudget: budgetState(used, budget) === "spent",
      });
    [madeMs, filmed] = [0, 0];
    direct?.limit((rungs.now.film ?? FILMS[1]).bitPerS);
    direct?.probe(rungs.isProbing);
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
    data,
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
    through(way) {
      endedBytes += direct?.bytes ?? 0;
      direct = way;
    },
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
      traffic.keep(true);
      sender.close();
    },
  };
}
