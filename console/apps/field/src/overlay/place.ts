/** Where marks of a face come to lie in the picture, and whether that is sure enough to draw them. */
import type { Annotation, Face, Shape } from "@nearhand/contract";
import {
  errorRing,
  type FacePoint,
  type Intrinsics,
  type Located,
  type Point,
  projectFace,
} from "@nearhand/spatial";
import { portPitch } from "../device/portPitch";

/** A pose together with the camera it was measured with. */
export interface Sight {
  camera: Intrinsics;
  located: Located;
}

/** A mark in picture pixels. `isUnsure`: the ring of error reaches half-way to the next port. */
export interface PlacedMark {
  id: string;
  shape: Shape;
  text: string;
  points: readonly Point[];
  /** What it points at, in picture pixels: a ring's centre, an arrow's head. */
  target: Point;
  ring_px: number;
  ring_mm: number;
  isUnsure: boolean;
  isKept: boolean;
}

/** Index of the point that a shape is about. */
export function aboutPoint(shape: Shape, count: number): number {
  if (shape === "arrow") return count - 1;
  return shape === "freehand" ? Math.floor(count / 2) : 0;
}

/** Null when any of it lies behind the camera. */
export function placeMark({ camera, located }: Sight, face: Face, mark: Annotation): PlacedMark | null {
  const { id, shape, text, anchor } = mark;
  const points = anchor.points_mm.map((point) => projectFace(camera, located.pose, point as FacePoint));
  const index = aboutPoint(shape, points.length);
  const about = anchor.points_mm[index] as FacePoint | undefined;
  const ring = about && errorRing(camera, located.pose, located.covariance, about);
  if (!ring || points.some((point) => !point)) return null;
  const ring_mm = Math.hypot(anchor.ring_mm ?? 0, ring.mm);
  return {
    id,
    shape,
    text: text || anchor.port || "",
    points: points as Point[],
    target: points[index]!,
    ring_px: (ring_mm * ring.px) / Math.max(ring.mm, 1e-9),
    ring_mm,
    isUnsure: ring_mm > portPitch(face, about) / 2,
    isKept: mark.is_kept,
  };
}

/** The four corners of a rectangle on the face, in picture pixels. */
export function placeRect(
  { camera, located }: Sight,
  { x_mm, y_mm, width_mm, height_mm }: { x_mm: number; y_mm: number; width_mm: number; height_mm: number },
): Point[] | null {
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([sx, sy]) =>
    projectFace(camera, located.pose, [x_mm + (sx! * width_mm) / 2, y_mm + (sy! * height_mm) / 2, 0]),
  ); // prettier-ignore
  return corners.every((corner) => corner !== null) ? corners : null;
}
