/** Say what a fit leaves uncertain, of pose, camera and shutter together. */

import { stepBetween } from "./belief";
import type { CameraBelief } from "./camera";
import { type Fitted, PARAMETERS, SLACK, linearise } from "./fit";
import { solvePositive } from "./linear";
import type { EdgePoints } from "./points";

/** Row-major 8x8: a camera-side step of the pose (rad, mm), the logarithm of the focal length, k1. */
export type Joint = number[];
/** Row-major 10x10: the same, then by how much a rolling shutter moved the picture (px, right and down). */
export type Whole = number[];

// What is known beforehand of the measurements' spread, in degrees of freedom: a single tag has few of its own.
const PRIOR_FREEDOM = 8;
const CHI2_95 = 5.991; // of two degrees of freedom
const RIVAL_WEIGHT = 1e-3;
// What is odd about one symbol's edges is odd in many frames of it, and of those the surest would be believed in the end.
// Until they tell the two ways a single one may be tilted clearly apart, both are as likely.
export const TOLD_APART = 12; // squared sd

export interface Finished {
  readonly fitted: Fitted;
  readonly joint: Joint;
  readonly whole: Whole;
  /** Root mean square of the residuals in units of their sd. */
  readonly misfit: number;
  /** How much worse the other planar solution explains the picture, in squared sd; Infinity when there is none. */
  readonly rival_gap: number;
}

/** By how much the measurements' variances are larger than stated, as their residuals tell. */
export function scaleOf(symbols: readonly EdgePoints[], measured: number): number {
  const rows = symbols.reduce((sum, p) => sum + p.count, 0);
  return Math.max(1, (PRIOR_FREEDOM + measured) / (PRIOR_FREEDOM + Math.max(0, rows - 6)));
}

/** The fit with its measurements weighted as they deserve; `rivals`: where the other planar solution may lie. */
export function finish(
  belief: CameraBelief,
  symbols: readonly EdgePoints[],
  first: Fitted,
  rival: Fitted | null,
  slack = SLACK,
): Finished | null {
  const rows = symbols.reduce((sum, p) => sum + p.count, 0);
  const scale = scaleOf(symbols, first.linear.measured);
  // So that 95 % of a normal distribution is 95 % of what few measurements allow (Student's t, in two dimensions).
  // Edges in plenty lie on few lines: no symbol counts for more than its four corners do.
  const freedom = PRIOR_FREEDOM + 8 * symbols.length - 6;
  const student = (freedom * (0.05 ** (-2 / freedom) - 1)) / CHI2_95;
  const linear = linearise(belief, symbols, first.state, scale * student, slack);
  if (!linear) return null;
  const fitted = { state: first.state, linear };
  const whole = wholeOf(fitted);
  if (!whole) return null;
  let rival_gap = Infinity;
  if (rival) {
    rival_gap = Math.max(0, (rival.linear.cost - first.linear.cost) / scale);
    const odds = symbols.length === 1 && rival_gap < TOLD_APART ? 1 : Math.exp(-rival_gap / 2);
    const weight = odds / (1 + odds);
    if (weight > RIVAL_WEIGHT) addRival(whole, fitted, rival, weight);
  }
  const misfit = Math.sqrt(fitted.linear.measured / Math.max(1, rows - 6));
  const joint = Array.from({ length: 64 }, (_, i) => whole[(i >> 3) * 10 + (i & 7)]!);
  return { fitted, joint, whole, misfit, rival_gap };
}

const SHOWN = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10] as const; // of a fit's unknowns: without the swelling

function wholeOf({ linear: { a, centre } }: Fitted): Whole | null {
  const n = PARAMETERS;
  const half = new Float64Array(n * n); // columns of the inverse
  for (let column = 0; column < n; column++) {
    const unit = new Float64Array(n);
    unit[column] = 1;
    if (!solvePositive(a.slice(), unit, n)) return null;
    half.set(unit, column * n);
  }
  // Turns about the symbols' middle become turns about the camera.
  const [x, y, z] = centre;
  const cross = [0, -z, y, z, 0, -x, -y, x, 0];
  const about = new Float64Array(100);
  for (let i = 0; i < 10; i++) about[i * 11] = 1;
  for (let i = 0; i < 3; i++) for (let k = 0; k < 3; k++) about[(3 + i) * 10 + k] = cross[3 * i + k]!;
  const inner = SHOWN.flatMap((row) => SHOWN.map((column) => half[row * n + column]!));
  return sandwich(about, inner, 10, 10);
}

/** M C Mᵀ for M of `rows` x `n`. */
export function sandwich(m: ArrayLike<number>, c: ArrayLike<number>, rows: number, n: number): number[] {
  const left = new Float64Array(rows * n);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < n; k++) for (let j = 0; j < n; j++) left[i * n + j]! += m[i * n + k]! * c[k * n + j]!;
  const out = new Array<number>(rows * rows).fill(0);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++)
      for (let k = 0; k < n; k++) out[i * rows + j]! += left[i * n + k]! * m[j * n + k]!;
  return out;
}

function addRival(whole: Whole, fitted: Fitted, rival: Fitted, weight: number): void {
  const [{ state: here }, { state: there }] = [fitted, rival];
  const away = [
    ...stepBetween(here.pose, there.pose),
    there.log_focal - here.log_focal,
    there.k1 - here.k1,
    there.roll_px[0] - here.roll_px[0],
    there.roll_px[1] - here.roll_px[1],
  ];
  for (let i = 0; i < 10; i++)
    for (let k = 0; k < 10; k++) whole[10 * i + k]! += weight * away[i]! * away[k]!;
}
