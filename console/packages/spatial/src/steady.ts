/** Hold a pose by many followed points: robust Gauss-Newton from a pose that is nearly right. */

import type { Intrinsics } from "./camera";
import { solve } from "./linear";
import { type Pose, perturb } from "./pose";

/** Points of the face (mm) and where they are followed to (px), pairs of x and y; `sd` of each pixel coordinate. */
export interface HeldPoints {
  readonly mm: Float64Array;
  readonly px: Float32Array;
  readonly sd: Float32Array;
  readonly count: number;
}

export interface Held {
  readonly pose: Pose;
  /** Row-major 6x6 information of a camera-side step. */
  readonly information: number[];
  /** Variance of the residuals in units of their sd. */
  readonly scale: number;
  /** Distance of each point from where it should be, in its sd. */
  readonly off: Float32Array;
}

const STEPS = 15;
const HUBER_SD = 2;
const SETTLED = 1e-4; // of the cost
const DAMPED_LEAST = 1e-6;
const DAMPED_MOST = 1e3;

/** Levenberg-Marquardt: a thin face seen from afar hardly tells its tilt, and an undamped step would overturn it. */
export function holdPose(camera: Intrinsics, start: Pose, points: HeldPoints): Held | null {
  let here = newSystem(points.count);
  let there = newSystem(points.count);
  if (!gather(camera, start, points, here)) return null;
  let [pose, damping] = [start, 1e-3];
  for (let i = 0; i < STEPS && damping < DAMPED_MOST; i++) {
    const damped = here.information.map((value, k) => (k % 7 === 0 ? value * (1 + damping) : value));
    const step = solve(damped, here.right);
    if (!step) return null;
    const moved = perturb(pose, step);
    if (gather(camera, moved, points, there) && there.cost < here.cost) {
      const isSettled = here.cost - there.cost < SETTLED * here.cost;
      [here, there, pose] = [there, here, moved];
      damping = Math.max(DAMPED_LEAST, damping / 10);
      if (isSettled) break;
    } else damping *= 10;
  }
  const { information, off, sum, freedom } = here;
  return { pose, information, scale: freedom > 0 ? sum / freedom : Infinity, off };
}

interface System {
  readonly information: number[];
  readonly right: number[];
  readonly off: Float32Array;
  cost: number;
  /** Of the weighted squared residuals, and their degrees of freedom. */
  sum: number;
  freedom: number;
}

function newSystem(count: number): System {
  const [information, right] = [new Array<number>(36).fill(0), new Array<number>(6).fill(0)];
  return { information, right, off: new Float32Array(count), cost: 0, sum: 0, freedom: 0 };
}

/** Fill the normal equations; false behind the camera. */
function gather(
  { fx, fy, cx, cy, k1 }: Intrinsics,
  pose: Pose,
  { mm, px, sd, count }: HeldPoints,
  system: System,
): boolean {
  const { information, right, off } = system;
  information.fill(0);
  right.fill(0);
  let cost = 0;
  const j = new Float64Array(12);
  let sum = 0;
  let freedom = -6;
  for (let i = 0; i < count; i++) {
    const [x, y] = [mm[2 * i]!, mm[2 * i + 1]!];
    const X = pose[0]! * x + pose[1]! * y + pose[3]!;
    const Y = pose[4]! * x + pose[5]! * y + pose[7]!;
    const Z = pose[8]! * x + pose[9]! * y + pose[11]!;
    if (Z < 1) return false;
    const [a, b] = [X / Z, Y / Z];
    const bend = 1 + k1 * (a * a + b * b);
    const ru = px[2 * i]! - (fx * a * bend + cx);
    const rv = px[2 * i + 1]! - (fy * b * bend + cy);
    // d(u, v)/d(X, Y, Z), then the step: -[p]x on the left three
    const [ua, ub] = [(fx * (bend + 2 * k1 * a * a)) / Z, (fx * 2 * k1 * a * b) / Z];
    const [va, vb] = [(fy * 2 * k1 * a * b) / Z, (fy * (bend + 2 * k1 * b * b)) / Z];
    const [uz, vz] = [-(ua * a + ub * b), -(va * a + vb * b)];
    j[0] = uz * Y - ub * Z;
    j[1] = ua * Z - uz * X;
    j[2] = ub * X - ua * Y;
    j[3] = ua;
    j[4] = ub;
    j[5] = uz;
    j[6] = vz * Y - vb * Z;
    j[7] = va * Z - vz * X;
    j[8] = vb * X - va * Y;
    j[9] = va;
    j[10] = vb;
    j[11] = vz;
    const distance = Math.hypot(ru, rv) / sd[i]!;
    off[i] = distance;
    const trust = distance > HUBER_SD ? HUBER_SD / distance : 1;
    const weight = trust / (sd[i]! * sd[i]!);
    cost += distance > HUBER_SD ? HUBER_SD * (2 * distance - HUBER_SD) : distance * distance;
    sum += trust * distance * distance;
    freedom += 2 * trust;
    for (let r = 0; r < 6; r++) {
      const [l, m] = [weight * j[r]!, weight * j[6 + r]!];
      right[r]! += l * ru + m * rv;
      for (let c = r; c < 6; c++) information[6 * r + c]! += l * j[c]! + m * j[6 + c]!;
    }
  }
  for (let r = 1; r < 6; r++) for (let c = 0; c < r; c++) information[6 * r + c] = information[6 * c + r]!;
  Object.assign(system, { cost, sum, freedom });
  return Number.isFinite(cost);
}
