/** What is measured of a symbol: points of the face, each seen along one direction of the picture. */

import type { Point } from "./homography";

/** `count` rows. Residual of a row: normal · (pixel − projection of the face point) / sd. */
export interface EdgePoints {
  readonly count: number;
  readonly x_mm: Float64Array;
  readonly y_mm: Float64Array;
  readonly u: Float64Array;
  readonly v: Float64Array;
  readonly nx: Float64Array;
  readonly ny: Float64Array;
  readonly sd: Float64Array;
  /** Whether the normals point from dark to light: then all of them give way alike where dark modules swell. */
  readonly isEdge: boolean;
}

export function emptyPoints(count: number, isEdge: boolean): EdgePoints {
  const [x_mm, y_mm, u, v, nx, ny, sd] = Array.from({ length: 7 }, () => new Float64Array(count)) as [
    Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array,
  ]; // prettier-ignore
  return { count, x_mm, y_mm, u, v, nx, ny, sd, isEdge };
}

/** Points seen as such (corners): each is measured across and down. */
export function pointsFrom(
  face_mm: readonly Point[],
  pixels: readonly Point[],
  sd_px: number | readonly number[],
): EdgePoints {
  const points = emptyPoints(2 * face_mm.length, false);
  for (let i = 0; i < points.count; i++) {
    const k = i >> 1;
    points.x_mm[i] = face_mm[k]![0];
    points.y_mm[i] = face_mm[k]![1];
    points.u[i] = pixels[k]![0];
    points.v[i] = pixels[k]![1];
    points.nx[i] = 1 - (i & 1);
    points.ny[i] = i & 1;
    points.sd[i] = typeof sd_px === "number" ? sd_px : sd_px[k]!;
  }
  return points;
}
