/** Say what a fit leaves uncertain: of pose and camera together, and of the pose once the camera is taken as found. */

import { stepBetween } from "./belief";
import type { CameraBelief, Intrinsics } from "./camera";
import { type Fitted, PARAMETERS, SLACK, cameraOf, linearise } from "./fit";
import { invert, solvePositive } from "./linear";
import type { EdgePoints } from "./points";
import { transform } from "./pose";
import { cameraJacobian, stepJacobian } from "./project";

/** Row-major 8x8: a camera-side step of the pose (rad, mm), the logarithm of the focal length, k1. */
export type Joint = number[];

// What is known beforehand of the measurements' spread, in degrees of freedom: a single tag has few of its own.
const PRIOR_FREEDOM = 8;
const CHI2_95 = 5.991; // of two degrees of freedom
const RIVAL_WEIGHT = 1e-3;

export interface Finished {
  readonly fitted: Fitted;
  readonly joint: Joint;
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
  const joint = jointOf(fitted);
  if (!joint) return null;
  let rival_gap = Infinity;
  if (rival) {
    rival_gap = Math.max(0, (rival.linear.cost - first.linear.cost) / scale);
    const odds = Math.exp(-rival_gap / 2);
    const weight = odds / (1 + odds);
    if (weight > RIVAL_WEIGHT) addRival(joint, fitted, rival, weight);
  }
  const misfit = Math.sqrt(fitted.linear.measured / Math.max(1, rows - 6));
  return { fitted, joint, misfit, rival_gap };
}

function jointOf({ linear: { a, centre } }: Fitted): Joint | null {
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
  const about = new Float64Array(64);
  for (let i = 0; i < 8; i++) about[i * 9] = 1;
  for (let i = 0; i < 3; i++) for (let k = 0; k < 3; k++) about[(3 + i) * 8 + k] = cross[3 * i + k]!;
  const inner = Float64Array.from({ length: 64 }, (_, i) => half[(i >> 3) * n + (i & 7)]!);
  return sandwich(about, inner, 8, 8);
}

/** M C Mᵀ for M of `rows` x `n`. */
function sandwich(m: ArrayLike<number>, c: ArrayLike<number>, rows: number, n: number): number[] {
  const left = new Float64Array(rows * n);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < n; k++) for (let j = 0; j < n; j++) left[i * n + j]! += m[i * n + k]! * c[k * n + j]!;
  const out = new Array<number>(rows * rows).fill(0);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++)
      for (let k = 0; k < n; k++) out[i * rows + j]! += left[i * n + k]! * m[j * n + k]!;
  return out;
}

function addRival(joint: Joint, fitted: Fitted, rival: Fitted, weight: number): void {
  const away = [
    ...stepBetween(fitted.state.pose, rival.state.pose),
    rival.state.log_focal - fitted.state.log_focal,
    rival.state.k1 - fitted.state.k1,
  ];
  for (let i = 0; i < 8; i++) for (let k = 0; k < 8; k++) joint[8 * i + k]! += weight * away[i]! * away[k]!;
}

/** Where on the face points may be asked for, in millimetres. */
export interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The 6x6 covariance for those who take the camera as found: what is unsure of the camera shows as the step of the
 * pose that moves the face's points in the picture most nearly alike.
 */
export function poseCovariance(joint: Joint, fitted: Fitted, belief: CameraBelief, extent: Extent): number[] {
  const camera: Intrinsics = cameraOf(belief, fitted.state);
  const normal = new Array<number>(36).fill(0);
  const right = [new Array<number>(6).fill(0), new Array<number>(6).fill(0)];
  for (const sx of [0, 0.5, 1])
    for (const sy of [0, 0.5, 1]) {
      const x = extent.left + sx * (extent.right - extent.left);
      const y = extent.top + sy * (extent.bottom - extent.top);
      const p = transform(fitted.state.pose, [x, y, 0]);
      if (p[2] < 1) continue;
      const [j, lens] = [stepJacobian(camera, p), cameraJacobian(camera, p)];
      for (const axis of [0, 1])
        for (let i = 0; i < 6; i++) {
          const value = j[6 * axis + i]!;
          for (let k = 0; k < 6; k++) normal[6 * i + k]! += value * j[6 * axis + k]!;
          for (const c of [0, 1]) right[c]![i]! += value * lens[2 * axis + c]!;
        }
    }
  const solved = invert(normal, 6);
  const m = new Float64Array(48);
  for (let i = 0; i < 6; i++) {
    m[8 * i + i] = 1;
    for (const c of [0, 1])
      for (let k = 0; k < 6; k++) m[8 * i + 6 + c]! += (solved?.[6 * i + k] ?? 0) * right[c]![k]!;
  }
  return sandwich(m, joint, 6, 8);
}
