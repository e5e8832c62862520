/** Which pictures the line carries: a step down as soon as it is strained, up again when it has been calm. */

import { Climb, type Strain } from "./climb";

/** Sizes and rates of live pictures, best first; after the last there are stills only (rung 4). */
export const STEPS = [
  { name: "720p", width: 1280, perS: 15, quality: 0.6, bitPerS: 1_500_000 },
  { name: "360p", width: 640, perS: 15, quality: 0.55, bitPerS: 500_000 },
  { name: "360p_slow", width: 640, perS: 5, quality: 0.5, bitPerS: 150_000 },
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
const SLOW_MS = 900;
const STUCK_MS = 1800;

export class Ladder extends Climb {
  constructor() {
    super(START, STILLS);
  }

  /** Pictures were wanted in the time judged. */
  take(now: number, seen: Judged): void {
    this.judge(now, this.step === STILLS ? 0 : strainOf(STEPS[this.step]!, seen));
  }
}

/** 0: none, 1: too much for this step, 2: nothing gets through. */
function strainOf(step: Step, { sent, held, tripMs, unseen, madeMs }: Judged): Strain {
  if ((tripMs ?? 0) > STUCK_MS) return 2;
  const isHeld = held > sent;
  const isSlow = (tripMs ?? 0) > SLOW_MS;
  const isUnseen = unseen > step.perS * 1.5;
  const isHard = madeMs > 1000 / step.perS;
  return isHeld || isSlow || isUnseen || isHard ? 1 : 0;
}
