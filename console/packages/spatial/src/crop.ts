/** The part of a picture that a device's face takes, with what is right beside it: the rest need not be sent. */

import type { Intrinsics } from "./camera";
import type { FaceSize } from "./outline";
import { keptOutline } from "./mask";
import type { Pose } from "./pose";
import { errorRing } from "./project";

/** In pixels of the picture. */
export interface PicturePart {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A mark may be fixed to what is so near to the face: as the service's `sessions/anchoring.py`. */
const BESIDE_FACE_MM = 30;
/** Less sure of the pose than this, nothing is cut off. */
const SURE_MM = 30;
/** A part that is nearly all of it is not worth being one. */
const WORTH = 0.8;
const EXACT = new Array<number>(36).fill(0);

/** Null: all of the picture. */
export function cropTo(
  camera: Intrinsics,
  pose: Pose,
  covariance: readonly number[],
  { width_mm, height_mm }: FaceSize,
): PicturePart | null {
  const ring = errorRing(camera, pose, covariance, [width_mm / 2, height_mm / 2, 0]);
  if (!ring || !(ring.mm <= SURE_MM)) return null;
  const beside = BESIDE_FACE_MM + ring.mm;
  const extent = { left: -beside, top: -beside, right: width_mm + beside, bottom: height_mm + beside };
  const outline = keptOutline(camera, pose, EXACT, extent, 0);
  if (!outline) return null;
  // Pixel centres are whole numbers: the first pixel begins half a one before.
  const [us, vs] = [0, 1].map((k) => outline.map((point) => point[k]! + 0.5)) as [number[], number[]];
  const [x, width] = evenly(us, camera.width);
  const [y, height] = evenly(vs, camera.height);
  const isWorth = width > 0 && height > 0 && width * height <= WORTH * camera.width * camera.height;
  return isWorth ? { x, y, width, height } : null;
}

/** The camera of that part alone. */
export function croppedTo<C extends Intrinsics>(camera: C, { x, y, width, height }: PicturePart): C {
  return { ...camera, width, height, cx: camera.cx - x, cy: camera.cy - y };
}

/** From and how many: outwards to even numbers, within the picture. */
function evenly(edges: readonly number[], size: number): [number, number] {
  const from = Math.max(0, 2 * Math.floor(Math.min(...edges) / 2));
  const to = Math.min(size, 2 * Math.ceil(Math.max(...edges) / 2));
  return [from, to - from];
}
