/** The face as a shape in the picture. */

import type { Intrinsics } from "./camera";
import type { Point } from "./homography";
import { type Pose, type Vec3, transform } from "./pose";
import { projectCamera } from "./project";

export interface FaceSize {
  readonly width_mm: number;
  readonly height_mm: number;
}

const INSET_MM = 1.5; // corners on the face's rim belong to what is behind it as well
const NEAR_MM = 20;

/** How far the middle of the face is from the camera. */
export function depthOf(pose: Pose, { width_mm, height_mm }: FaceSize): number {
  return Math.max(NEAR_MM, transform(pose, [width_mm / 2, height_mm / 2, 0])[2]);
}

/** The face's outline in the picture, without what lies beside or behind the camera. */
export function outlineOf(camera: Intrinsics, pose: Pose, { width_mm, height_mm }: FaceSize): Point[] {
  const [right, bottom] = [width_mm - INSET_MM, height_mm - INSET_MM];
  const corners = [[INSET_MM, INSET_MM], [right, INSET_MM], [right, bottom], [INSET_MM, bottom]].map(
    ([x, y]) => transform(pose, [x!, y!, 0]),
  ); // prettier-ignore
  return corners
    .flatMap((corner, k) => {
      const next = corners[(k + 1) & 3]!;
      const here = corner[2] > NEAR_MM ? [corner] : [];
      if (corner[2] > NEAR_MM === next[2] > NEAR_MM) return here;
      const share = (NEAR_MM - corner[2]) / (next[2] - corner[2]);
      return [...here, corner.map((value, i) => value + share * (next[i]! - value)) as unknown as Vec3];
    })
    .map((corner) => projectCamera({ ...camera, k1: 0 }, corner as Vec3))
    .filter((point) => point !== null);
}

/** Of a convex outline. */
export function areaOf(outline: readonly Point[]): number {
  const twice = outline.reduce((sum, [x, y], k) => {
    const [nx, ny] = outline[(k + 1) % outline.length]!;
    return sum + x * ny - y * nx;
  }, 0);
  return Math.abs(twice) / 2;
}
