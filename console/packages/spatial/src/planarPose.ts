/** Find the pose of a plane from points seen on it: both planar solutions, each refined over all points. */

import { type Intrinsics, normalise } from "./camera";
import { type Point, findHomography } from "./homography";
import { invert, solve } from "./linear";
import { type Pose, type Vec3, fromRotation, perturb, transform } from "./pose";
import { projectCamera, stepJacobian } from "./project";

/** A known point of the face plane, where it was seen, and how precisely (one sigma, pixels). */
export interface Seen {
  readonly face_mm: Point;
  readonly pixel: Point;
  readonly sigma_px: number;
}

export interface PlanarPose {
  readonly pose: Pose;
  /** Row-major 6x6 of a camera-side step (rotation in rad, translation in mm). */
  readonly covariance: number[];
  /** Root mean square of the residuals in units of their sigma: about 1 when the sigmas are right. */
  readonly misfit: number;
  /** Misfit of the other planar solution divided by this one's: near 1 means they can not be told apart. */
  readonly margin: number;
}

export type Refined = Omit<PlanarPose, "margin">;

/** Null when the points are too few or degenerate, or no solution lies before the camera. */
export function planarPose(camera: Intrinsics, seen: readonly Seen[]): PlanarPose | null {
  const [best, other] = bothPoses(camera, seen);
  if (!best) return null;
  return { ...best, margin: other ? other.misfit / Math.max(best.misfit, 1e-9) : Infinity };
}

/** The two ways a plane can be seen, or fewer; the better first. */
export function bothPoses(camera: Intrinsics, seen: readonly Seen[]): Refined[] {
  const start = startingPose(camera, seen);
  if (!start) return [];
  return [start, mirrored(start, centre(seen))]
    .map((pose) => refine(camera, pose, seen))
    .filter((solution) => solution !== null)
    .sort((a, b) => a.misfit - b.misfit);
}

/** Where the second way of seeing these points begins. */
export function mirroredPose(pose: Pose, seen: readonly Seen[]): Pose {
  return mirrored(pose, centre(seen));
}

function centre(seen: readonly Seen[]): Point {
  const n = seen.length;
  return [
    seen.reduce((sum, s) => sum + s.face_mm[0], 0) / n,
    seen.reduce((sum, s) => sum + s.face_mm[1], 0) / n,
  ];
}

/** The pose that the homography's columns spell, made orthonormal. */
function startingPose(camera: Intrinsics, seen: readonly Seen[]): Pose | null {
  const h = findHomography(
    seen.map((s) => s.face_mm),
    seen.map((s) => normalise(camera, ...s.pixel)),
  );
  if (!h) return null;
  const a: Vec3 = [h[0]!, h[3]!, h[6]!];
  const b: Vec3 = [h[1]!, h[4]!, h[7]!];
  const [x_mm, y_mm] = centre(seen);
  const depth = h[6]! * x_mm + h[7]! * y_mm + h[8]!;
  const scale = (depth < 0 ? -2 : 2) / (Math.hypot(...a) + Math.hypot(...b));
  if (!Number.isFinite(scale)) return null;
  // Symmetric orthonormalisation: neither axis is trusted more than the other.
  const [p, q] = [unit(a), unit(b)];
  const sum = unit([p[0] + q[0], p[1] + q[1], p[2] + q[2]]);
  const difference = unit([p[0] - q[0], p[1] - q[1], p[2] - q[2]]);
  const sign = Math.sign(scale);
  const r1 = sum.map((s, i) => (sign * (s + difference[i]!)) / Math.SQRT2) as unknown as Vec3;
  const r2 = sum.map((s, i) => (sign * (s - difference[i]!)) / Math.SQRT2) as unknown as Vec3;
  const r3 = cross(r1, r2);
  const rotation = [r1[0], r2[0], r3[0], r1[1], r2[1], r3[1], r1[2], r2[2], r3[2]];
  const c: Vec3 = [
    (a[0] * x_mm + b[0] * y_mm + h[2]!) * scale,
    (a[1] * x_mm + b[1] * y_mm + h[5]!) * scale,
    depth * scale,
  ];
  return rotation.every(Number.isFinite) ? about(rotation, [x_mm, y_mm], c) : null;
}

/** The second planar solution: seen from afar, tilting towards the line of sight or away looks the same. */
function mirrored(pose: Pose, [x_mm, y_mm]: Point): Pose {
  const c = transform(pose, [x_mm, y_mm, 0]);
  const d = unit(c);
  const m = [0, 1, 2].flatMap((i) => [0, 1, 2].map((k) => (i === k ? 1 : 0) - 2 * d[i]! * d[k]!));
  const r = [0, 1, 2].flatMap((i) =>
    [0, 1, 2].map((k) => {
      const value = m[3 * i]! * pose[k]! + m[3 * i + 1]! * pose[4 + k]! + m[3 * i + 2]! * pose[8 + k]!;
      return k === 2 ? -value : value;
    }),
  );
  return about(r, [x_mm, y_mm], c);
}

/** The pose with this rotation that carries the face point to the camera point. */
function about(r: readonly number[], [x_mm, y_mm]: Point, c: Vec3): Pose {
  const t = [0, 1, 2].map((i) => c[i]! - r[3 * i]! * x_mm - r[3 * i + 1]! * y_mm);
  return fromRotation(r, t as unknown as Vec3);
}

/** Levenberg-Marquardt on the reprojection of all points at once. */
function refine(camera: Intrinsics, start: Pose, seen: readonly Seen[]): Refined | null {
  let pose = start;
  let state = linearise(camera, pose, seen);
  let damping = 1e-3;
  for (let i = 0; state && i < 30; i++) {
    const { normal, gradient, cost } = state;
    const damped = normal.map((value, k) => (k % 7 === 0 ? value * (1 + damping) : value));
    const step = solve(damped, gradient);
    if (!step) break;
    const nextPose = perturb(pose, step);
    const next = linearise(camera, nextPose, seen);
    if (next && next.cost < cost) {
      const isSettled = cost - next.cost < 1e-9 * (1 + cost);
      [pose, state, damping] = [nextPose, next, Math.max(damping / 8, 1e-9)];
      if (isSettled) break;
    } else {
      damping *= 8;
      if (damping > 1e8) break;
    }
  }
  if (!state) return null;
  const inverse = invert(state.normal, 6);
  if (!inverse) return null;
  const freedom = Math.max(1, 2 * seen.length - 6);
  const misfit = Math.sqrt(state.cost / freedom);
  // Residuals larger than the sigmas say something is amiss (focal, flatness): then be less sure. Never more.
  const inflation = Math.max(1, misfit * misfit);
  return { pose, covariance: inverse.map((value) => value * inflation), misfit };
}

function linearise(camera: Intrinsics, pose: Pose, seen: readonly Seen[]) {
  const normal = new Array<number>(36).fill(0);
  const gradient = new Array<number>(6).fill(0);
  let cost = 0;
  for (const { face_mm, pixel, sigma_px } of seen) {
    const p = transform(pose, [face_mm[0], face_mm[1], 0]);
    const projected = projectCamera(camera, p);
    if (!projected) return null;
    const j = stepJacobian(camera, p);
    const weight = 1 / (sigma_px * sigma_px);
    for (let axis = 0; axis < 2; axis++) {
      const residual = pixel[axis]! - projected[axis]!;
      cost += weight * residual * residual;
      for (let a = 0; a < 6; a++) {
        const left = weight * j[6 * axis + a]!;
        gradient[a]! += left * residual;
        for (let b = 0; b < 6; b++) normal[6 * a + b]! += left * j[6 * axis + b]!;
      }
    }
  }
  return { normal, gradient, cost };
}

function unit([x, y, z]: Vec3): Vec3 {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
