/** Carry points between a device's face and the picture, and say how sure that is. */

import { type Intrinsics, normalise } from "./camera";
import type { Point } from "./homography";
import { invert } from "./linear";
import { type Pose, type Vec3, transform } from "./pose";

/** A point of the face: x right, y down from its top left; `z_mm` towards the viewer. */
export type FacePoint = readonly [x_mm: number, y_mm: number, z_mm: number];

export interface Ring {
  /** 95 % radius in the picture, and the same on the face. */
  readonly px: number;
  readonly mm: number;
}

const CHI2_95_2D = 5.991; // 95 % of a two-dimensional normal distribution lies within sqrt(5.991) sigma

/** Camera-frame millimetres → pixel; null behind the camera. */
export function projectCamera(camera: Intrinsics, [x, y, z]: Vec3): Point | null {
  if (z <= 1e-6) return null;
  const [a, b] = [x / z, y / z];
  const factor = 1 + camera.k1 * (a * a + b * b);
  return [camera.fx * a * factor + camera.cx, camera.fy * b * factor + camera.cy];
}

/** Face millimetres → pixel; null behind the camera. The face's own z runs into the device. */
export function projectFace(camera: Intrinsics, pose: Pose, [x, y, z]: FacePoint): Point | null {
  return projectCamera(camera, transform(pose, [x, y, -z]));
}

/** Pixel → the face plane, in millimetres; null when the line of sight does not meet it before the camera. */
export function pixelToFace(camera: Intrinsics, pose: Pose, u: number, v: number): Point | null {
  const [dx, dy] = normalise(camera, u, v);
  const [nx, ny, nz] = [pose[2]!, pose[6]!, pose[10]!];
  const [tx, ty, tz] = [pose[3]!, pose[7]!, pose[11]!];
  const along = nx * dx + ny * dy + nz;
  if (Math.abs(along) < 1e-9) return null;
  const distance = (nx * tx + ny * ty + nz * tz) / along;
  if (distance <= 0) return null;
  const [px, py, pz] = [dx * distance - tx, dy * distance - ty, distance - tz];
  return [pose[0]! * px + pose[4]! * py + pose[8]! * pz, pose[1]! * px + pose[5]! * py + pose[9]! * pz];
}

/** d(u, v)/d(camera point), row-major 2x3. */
export function projectionJacobian(camera: Intrinsics, [x, y, z]: Vec3): number[] {
  const [a, b] = [x / z, y / z];
  const k = camera.k1;
  const r2 = a * a + b * b;
  // d(distorted)/d(a, b)
  const aa = 1 + k * r2 + 2 * k * a * a;
  const ab = 2 * k * a * b;
  const bb = 1 + k * r2 + 2 * k * b * b;
  const { fx, fy } = camera;
  return [
    (fx * aa) / z, (fx * ab) / z, (-fx * (aa * a + ab * b)) / z,
    (fy * ab) / z, (fy * bb) / z, (-fy * (ab * a + bb * b)) / z,
  ]; // prettier-ignore
}

/** d(u, v)/d(step), row-major 2x6, for a camera-side step (see `perturb`) at the camera-frame point p. */
export function stepJacobian(camera: Intrinsics, p: Vec3): number[] {
  const j = projectionJacobian(camera, p);
  const [x, y, z] = p;
  return [0, 3].flatMap((row) => {
    const [a, b, c] = [j[row]!, j[row + 1]!, j[row + 2]!];
    return [c * y - b * z, a * z - c * x, b * x - a * y, a, b, c]; // -[p]x on the left three
  });
}

/** The 95 % error ring of a face point, from the pose's 6x6 covariance; null behind the camera. */
export function errorRing(
  camera: Intrinsics,
  pose: Pose,
  covariance: readonly number[],
  [x, y, z]: FacePoint,
): Ring | null {
  const p = transform(pose, [x, y, -z]);
  if (p[2] <= 1e-6) return null;
  const j = stepJacobian(camera, p);
  const [uu, uv, vv] = [quadratic(j, 0, 0, covariance), quadratic(j, 0, 6, covariance), quadratic(j, 6, 6, covariance)]; // prettier-ignore
  const c = projectionJacobian(camera, p);
  const onFace = [0, 3].flatMap((row) =>
    [0, 1].map((k) => c[row]! * pose[k]! + c[row + 1]! * pose[4 + k]! + c[row + 2]! * pose[8 + k]!),
  );
  const inverse = invert(onFace, 2);
  if (!inverse) return null;
  const [a, b, d, e] = inverse as [number, number, number, number];
  const xx = a * a * uu + 2 * a * b * uv + b * b * vv;
  const yy = d * d * uu + 2 * d * e * uv + e * e * vv;
  const xy = a * d * uu + (a * e + b * d) * uv + b * e * vv;
  return { px: radius95(uu, uv, vv), mm: radius95(xx, xy, yy) };
}

function quadratic(j: readonly number[], left: number, right: number, covariance: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < 6; i++)
    for (let k = 0; k < 6; k++) sum += j[left + i]! * covariance[i * 6 + k]! * j[right + k]!;
  return sum;
}

function radius95(xx: number, xy: number, yy: number): number {
  const largest = (xx + yy) / 2 + Math.hypot((xx - yy) / 2, xy);
  return Math.sqrt(CHI2_95_2D * Math.max(0, largest));
}
