/** Which pictures the line carries: a step down as soon as it is strained, up again when it has been calm. */

/** Sizes and rates of live pictures, best first; after the last there are stills only (rung 4). */
export const STEPS = [
  { name: "720p", width: 1280, perS: 15, quality: 0.6 },
  { name: "360p", width: 640, perS: 15, quality: 0.55 },
  { name: "360p_slow", width: 640, perS: 5, quality: 0.5 },
] as const;
export type Step = (typeof STEPS)[number];
export const STILLS = STEPS.length;

/** What half a second showed. */
export interface Judged {
  readonly sent: number;
  readonly held: number;
  readonly tripMs: number | null;
  readonly unseen: number;
  /** How long the slowest picture took to be made. */
  readonly madeMs: number;
}

export const JUDGE_EVERY_MS = 500;
const START = 1;
const DOWN_AFTER = 3; // half seconds of strain
const CALM_MS = 3000;
const LONGEST_CALM_MS = 30_000;
const STEADY_MS = 20_000; // a step that held so long was no mistake
const SLOW_MS = 900;
const STUCK_MS = 1800;

export class Ladder {
  /** Index of the step it would take by itself; STILLS: none. */
  #step = START;
  #strained = 0;
  #calmSince: number | null = null;
  #calmMs = CALM_MS;
  /** When it went up last, unless it has come down since. */
  #climbedAt: number | null = null;
  /** By hand: that step and no other; null: as the line allows. */
  pinned: number | null = null;

  get step(): number {
    return this.pinned ?? this.#step;
  }

  /** `now` in milliseconds; pictures were wanted in the time judged. */
  judge(now: number, seen: Judged): void {
    if (this.pinned !== null) return;
    const strain = this.#step === STILLS ? 0 : strainOf(STEPS[this.#step]!, seen);
    if (strain === 2) return this.#down(now, STILLS);
    this.#strained = strain ? this.#strained + 1 : 0;
    if (this.#strained >= DOWN_AFTER) return this.#down(now, this.#step + 1);
    if (strain) this.#calmSince = null;
    else this.#calm(now);
  }

  #calm(now: number): void {
    this.#calmSince ??= now;
    if (this.#climbedAt !== null && now - this.#climbedAt > STEADY_MS) this.#calmMs = CALM_MS;
    if (this.#step === 0 || now - this.#calmSince < this.#calmMs) return;
    this.#step -= 1;
    this.#climbedAt = now;
    this.#calmSince = null;
  }

  #down(now: number, to: number): void {
    // It went up too early: it waits longer before it tries again.
    if (this.#climbedAt !== null && now - this.#climbedAt < STEADY_MS)
      this.#calmMs = Math.min(LONGEST_CALM_MS, this.#calmMs * 2);
    this.#climbedAt = null;
    this.#step = Math.min(STILLS, to);
    this.#strained = 0;
    this.#calmSince = null;
  }
}

/** 0: none, 1: too much for this step, 2: nothing gets through. */
function strainOf(step: Step, { sent, held, tripMs, unseen, madeMs }: Judged): 0 | 1 | 2 {
  if ((tripMs ?? 0) > STUCK_MS) return 2;
  const isHeld = held > sent;
  const isSlow = (tripMs ?? 0) > SLOW_MS;
  const isUnseen = unseen > step.perS * 1.5;
  const isHard = madeMs > 1000 / step.perS;
  return isHeld || isSlow || isUnseen || isHard ? 1 : 0;
}
