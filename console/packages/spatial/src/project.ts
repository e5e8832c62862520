/** Carry points between a device's face and the picture, and say how sure that is. */

import { type Intrinsics, normalise } from "./camera";
import type { Point } from "./homography";
import { invert } from "./linear";
import { type Pose, type Vec3, transform } from "./pose";
import { ringRadius } from "./rings";

/** A point of the face: x right, y down from its top left; `z_mm` towards the viewer. */
export type FacePoint = readonly [x_mm: number, y_mm: number, z_mm: number];

export interface Ring {
  /** 95 % radius in the picture, and the same on the face. */
  readonly px: number;
  readonly mm: number;
}

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

/** d(u, v)/d(log focal length, k1), row-major 2x2. */
export function cameraJacobian(camera: Intrinsics, [x, y, z]: Vec3): number[] {
  const [a, b] = [x / z, y / z];
  const r2 = a * a + b * b;
  const factor = 1 + camera.k1 * r2;
  return [camera.fx * a * factor, camera.fx * a * r2, camera.fy * b * factor, camera.fy * b * r2];
}

/**
 * The 95 % error ring of a face point; null behind the camera. `covariance`: 6x6 of the pose with the camera taken as
 * it is, or 8x8 of the pose, the logarithm of the focal length and k1.
 */
export function errorRing(
  camera: Intrinsics,
  pose: Pose,
  covariance: readonly number[],
  [x, y, z]: FacePoint,
): Ring | null {
  const p = transform(pose, [x, y, -z]);
  if (p[2] <= 1e-6) return null;
  const steps = stepJacobian(camera, p);
  const lens = covariance.length === 64 ? cameraJacobian(camera, p) : [];
  const half = lens.length / 2;
  const ju = [...steps.slice(0, 6), ...lens.slice(0, half)];
  const jv = [...steps.slice(6), ...lens.slice(half)];
  const [uu, uv, vv] = [quadratic(ju, ju, covariance), quadratic(ju, jv, covariance), quadratic(jv, jv, covariance)]; // prettier-ignore
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
  return { px: ringRadius(uu, uv, vv), mm: ringRadius(xx, xy, yy) };
}

function quadratic(left: readonly number[], right: readonly number[], covariance: readonly number[]): number {
  const n = left.length;
  let sum = 0;
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) sum += left[i]! * covariance[i * n + k]! * right[k]!;
  return sum;
}
