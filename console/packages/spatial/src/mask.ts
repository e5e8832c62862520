/** Say where in a picture a part of a face is, and surely nothing beside it: all else may be hidden. */

import { type Intrinsics, normalise } from "./camera";
import type { Point } from "./homography";
import { invert } from "./linear";
import type { Extent } from "./onFace";
import { type Pose, transform } from "./pose";
import { projectFace, projectionJacobian, stepJacobian } from "./project";

export type { Extent } from "./onFace";

const SDS = 2; // what lies beside the face stays hidden while the pose is off by no more than so many
const NEAR_MM = 10;
const WIDER = 1.5; // an edge may be in view that is believed to be beside the picture
const LOOKS = 4; // per edge, for how unsure it is
const STEPS = 8; // per edge, as the lens bends it

/** a·x + b·y + c ≥ 0, for face millimetres. */
type HalfPlane = readonly [a: number, b: number, c: number];

/**
 * The outline, in pixels, of what surely is that part of the face; null where nothing surely is. `margin_px`: what is
 * left out besides, for the blending of neighbouring pixels. The same as the server's `vision/mask.py`.
 */
export function keptOutline(
  camera: Intrinsics,
  pose: Pose,
  covariance: readonly number[],
  extent: Extent,
  margin_px: number,
): Point[] | null {
  const isFacing = pose[2]! * pose[3]! + pose[6]! * pose[7]! + pose[10]! * pose[11]! > 0;
  const cone = coneOf(camera);
  if (!isFacing || !cone) return null;
  const wide = viewOf(pose, cone.map((one) => one * WIDER)); // prettier-ignore
  const corners = cornersOf(extent);
  const insets = corners.map((corner, k) => {
    const edge = clipped([corner, corners[(k + 1) % 4]!], wide);
    return insetOf(camera, pose, covariance, edge, k % 2 === 0 ? 1 : 0, margin_px);
  });
  const [top, right, bottom, left] = insets as [number, number, number, number];
  const inner = {
    left: extent.left + left,
    top: extent.top + top,
    right: extent.right - right,
    bottom: extent.bottom - bottom,
  };
  if (!(inner.left < inner.right && inner.top < inner.bottom)) return null;
  const seen = clipped(cornersOf(inner), viewOf(pose, cone));
  if (seen.length < 3) return null;
  const outline = seen.flatMap((from, k) => {
    const to = seen[(k + 1) % seen.length]!;
    return Array.from({ length: STEPS }, (_, i) => between(from, to, i / STEPS));
  });
  const pixels = outline.map(([x, y]) => projectFace(camera, pose, [x, y, 0]));
  return pixels.includes(null) ? null : (pixels as Point[]);
}

function cornersOf({ left, top, right, bottom }: Extent): Point[] {
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

/** The picture's own directions: at most so far left, right, up and down; null for a lens that leaves some dark. */
function coneOf(camera: Intrinsics): number[] | null {
  const [right, bottom] = [camera.width - 0.5, camera.height - 0.5];
  const [u, v] = [(right - 0.5) / 2, (bottom - 0.5) / 2];
  const rays = [-0.5, u, right].flatMap((x) => [-0.5, v, bottom].map((y) => normalise(camera, x, y)));
  if (rays.flat().some(Number.isNaN)) return null;
  const [xs, ys] = [0, 1].map((k) => rays.map((ray) => ray[k]!)) as [number[], number[]];
  return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
}

/** What of the face's plane is in that view, before the camera. */
function viewOf(pose: Pose, [left, right, up, down]: readonly number[]): HalfPlane[] {
  const row = (k: number): HalfPlane => [pose[4 * k]!, pose[4 * k + 1]!, pose[4 * k + 3]!];
  const [x, y, z] = [row(0), row(1), row(2)];
  const less = (one: HalfPlane, factor: number, other: HalfPlane): HalfPlane =>
    [0, 1, 2].map((k) => factor * (one[k]! - other[k]!)) as unknown as HalfPlane;
  const times = (factor: number) => z.map((one) => one * factor) as unknown as HalfPlane;
  return [
    [z[0], z[1], z[2] - NEAR_MM],
    less(x, 1, times(left!)),
    less(x, -1, times(right!)),
    less(y, 1, times(up!)),
    less(y, -1, times(down!)),
  ];
}

/** A closed line, or the two ends of one, cut off by each half plane (Sutherland and Hodgman). */
function clipped(line: readonly Point[], planes: readonly HalfPlane[]): Point[] {
  let points = [...line];
  for (const [a, b, c] of planes) {
    const side = ([x, y]: Point) => a * x + b * y + c;
    points = points.flatMap((from, k): Point[] => {
      const to = points[(k + 1) % points.length]!;
      const [s, t] = [side(from), side(to)];
      const crossing = s >= 0 !== t >= 0 ? [between(from, to, s / (s - t))] : [];
      return s >= 0 ? [from, ...crossing] : crossing;
    });
  }
  return points;
}

/** How far the face's edge along these points is kept clear of, across it; `axis`: 0 for upright edges. */
function insetOf(
  camera: Intrinsics,
  pose: Pose,
  covariance: readonly number[],
  edge: readonly Point[],
  axis: 0 | 1,
  margin_px: number,
): number {
  const ends = spread(edge);
  if (!ends) return 0; // not in view
  let most = 0;
  for (let i = 0; i <= LOOKS; i++) {
    const [x, y] = between(...ends, i / LOOKS);
    most = Math.max(most, unsureAt(camera, pose, covariance, [x, y], axis, margin_px)); // NaN keeps nothing
  }
  return most;
}

/** The two points that are furthest apart: cutting leaves an end more than once. */
function spread(points: readonly Point[]): [Point, Point] | null {
  const [first] = points;
  if (!first) return null;
  const far = (from: Point) =>
    points.reduce((best, one) => (distance(from, one) > distance(from, best) ? one : best), from);
  const end = far(first);
  return [far(end), end];
}

function unsureAt(
  camera: Intrinsics,
  pose: Pose,
  covariance: readonly number[],
  [x, y]: Point,
  axis: 0 | 1,
  margin_px: number,
): number {
  const pinhole = { ...camera, k1: 0 }; // a lens bends what is unsure and the face alike
  const p = transform(pose, [x, y, 0]);
  const c = projectionJacobian(pinhole, p);
  const onFace = [0, 3].flatMap((row) =>
    [0, 1].map((k) => c[row]! * pose[k]! + c[row + 1]! * pose[4 + k]! + c[row + 2]! * pose[8 + k]!),
  );
  const inverse = invert(onFace, 2);
  if (!inverse) return NaN;
  const [a, b] = [inverse[2 * axis]!, inverse[2 * axis + 1]!];
  const steps = stepJacobian(pinhole, p);
  const along = Array.from({ length: 6 }, (_, k) => a * steps[k]! + b * steps[6 + k]!);
  let variance = 0;
  for (let i = 0; i < 6; i++)
    for (let k = 0; k < 6; k++) variance += along[i]! * along[k]! * covariance[6 * i + k]!;
  return SDS * Math.sqrt(Math.max(0, variance)) + margin_px * Math.hypot(a, b);
}

function between([ax, ay]: Point, [bx, by]: Point, share: number): Point {
  return [ax + share * (bx - ax), ay + share * (by - ay)];
}

function distance([ax, ay]: Point, [bx, by]: Point): number {
  return Math.hypot(bx - ax, by - ay);
}
