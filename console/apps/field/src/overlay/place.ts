/** Where marks of a face come to lie in the picture, and whether that is sure enough to draw them. */
import type { Face, FaceMark, Shape } from "@nearhand/contract";
import {
  errorRing,
  type FacePoint,
  type Intrinsics,
  type Located,
  type Point,
  projectFace,
} from "@nearhand/spatial";
import { portPitch } from "../device/portPitch";
import type { HeldState } from "./held";

/** A pose together with the camera it was measured with, and how it was found. */
export interface Sight extends Pick<HeldState, "held"> {
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
  /** The point of the face behind the target, where that stands off the face. */
  foot: Point | null;
  /** Where its words stand in space, when the mark says so. */
  rise: Point | null;
  ring_px: number;
  ring_mm: number;
  pitch_mm: number;
  isUnsure: boolean;
  isKept: boolean;
}

/** Index of the point that a shape is about. */
export function aboutPoint(shape: Shape, count: number): number {
  if (shape === "arrow") return count - 1;
  return shape === "freehand" ? Math.floor(count / 2) : 0;
}

/** Null when any of it lies behind the camera. */
export function placeMark({ camera, located }: Sight, face: Face, mark: FaceMark): PlacedMark | null {
  const { id, shape, text, anchor } = mark;
  const project = (point: FacePoint) => projectFace(camera, located.pose, point);
  const points = anchor.points_mm.map((point) => project(point as FacePoint));
  const index = aboutPoint(shape, points.length);
  const about = anchor.points_mm[index] as FacePoint | undefined;
  const ring = about && errorRing(camera, located.pose, located.covariance, about);
  if (!ring || points.some((point) => !point)) return null;
  const ring_mm = Math.hypot(anchor.ring_mm ?? 0, ring.mm);
  const pitch_mm = portPitch(face, about);
  return {
    id,
    shape,
    text: text || anchor.port || "",
    points: points as Point[],
    target: points[index]!,
    foot: about[2] === 0 ? null : project([about[0], about[1], 0]),
    rise: riseOf(shape, points as Point[]),
    ring_px: (ring_mm * ring.px) / Math.max(ring.mm, 1e-9),
    ring_mm,
    pitch_mm,
    isUnsure: !(ring_mm <= pitch_mm / 2),
    isKept: mark.is_kept,
  };
}

/** A text stands at its own place; a label in space where its second point is. */
function riseOf(shape: Shape, points: readonly Point[]): Point | null {
  if (shape === "text") return points[0]!;
  return shape === "label_3d" ? points.at(-1)! : null;
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
