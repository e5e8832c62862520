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

const STEPS = 10;
const HUBER_SD = 2;
const SETTLED_RAD = 1e-6;
const SETTLED_MM = 1e-3;

export function holdPose(camera: Intrinsics, start: Pose, points: HeldPoints): Held | null {
  let pose = start;
  const information = new Array<number>(36).fill(0);
  const right = new Array<number>(6).fill(0);
  const off = new Float32Array(points.count);
  for (let i = 0; i < STEPS; i++) {
    const weight = gather(camera, pose, points, information, right, off);
    if (weight === null) return null;
    const step = solve(information, right);
    if (!step) return null;
    pose = perturb(pose, step);
    const isSettled =
      Math.hypot(step[0]!, step[1]!, step[2]!) < SETTLED_RAD &&
      Math.hypot(step[3]!, step[4]!, step[5]!) < SETTLED_MM;
    if (isSettled) break;
  }
  const scale = gather(camera, pose, points, information, right, off);
  return scale === null ? null : { pose, information, scale, off };
}

/** Fill the normal equations; the weighted variance of the residuals, or null behind the camera. */
function gather(
  { fx, fy, cx, cy, k1 }: Intrinsics,
  pose: Pose,
  { mm, px, sd, count }: HeldPoints,
  information: number[],
  right: number[],
  off: Float32Array,
): number | null {
  information.fill(0);
  right.fill(0);
  const j = new Float64Array(12);
  let sum = 0;
  let freedom = -6;
  for (let i = 0; i < count; i++) {
    const [x, y] = [mm[2 * i]!, mm[2 * i + 1]!];
    const X = pose[0]! * x + pose[1]! * y + pose[3]!;
    const Y = pose[4]! * x + pose[5]! * y + pose[7]!;
    const Z = pose[8]! * x + pose[9]! * y + pose[11]!;
    if (Z < 1) return null;
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
    sum += trust * distance * distance;
    freedom += 2 * trust;
    for (let r = 0; r < 6; r++) {
      const [l, m] = [weight * j[r]!, weight * j[6 + r]!];
      right[r]! += l * ru + m * rv;
      for (let c = r; c < 6; c++) information[6 * r + c]! += l * j[c]! + m * j[6 + c]!;
    }
  }
  for (let r = 1; r < 6; r++) for (let c = 0; c < r; c++) information[6 * r + c] = information[6 * c + r]!;
  return freedom > 0 ? sum / freedom : Infinity;
}
