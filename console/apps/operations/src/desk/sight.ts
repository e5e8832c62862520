/** A picture's own sighting carries marks from the face onto it, and the pen from it onto the face. */
import type { Face, FaceAnchor, FrameRef, Port, Sighting } from "@nearhand/contract";
import { errorRing, pixelToFace, projectFace } from "@nearhand/spatial";
import type { Point } from "@nearhand/ui";

type FacePoint = readonly [number, number, number];

const RIM_STEPS = 48;
/** How far beside a port a click still means it. */
const PORT_REACH_MM = 6;
/** The radius of a ring that goes around one port. */
const PORT_RING_MM = 9;
/** Beyond half the pitch of ports, an arrow would claim what it cannot know: it becomes an area. */
export const SURE_MM = 7;

export function sameFrame(a: FrameRef | null, b: FrameRef | null): boolean {
  return a !== null && b !== null && a.stream === b.stream && a.frame_id === b.frame_id;
}

/** Face millimetres → the picture's 0..1; null behind the camera. */
export function toPicture({ camera, T_camera_face }: Sighting, point: FacePoint): Point | null {
  const pixel = projectFace(camera, T_camera_face, point);
  return pixel && [(pixel[0] + 0.5) / camera.width, (pixel[1] + 0.5) / camera.height];
}

/** The picture's 0..1 → face millimetres; null when that line of sight does not meet the face. */
export function toFace({ camera, T_camera_face }: Sighting, [u, v]: Point): Point | null {
  return pixelToFace(camera, T_camera_face, u * camera.width - 0.5, v * camera.height - 0.5);
}

export function allToPicture(sighting: Sighting, points: readonly FacePoint[]): Point[] | null {
  const seen = points.map((point) => toPicture(sighting, point));
  return seen.every((point) => point !== null) ? seen : null;
}

/** A circle on the face as the camera sees it: an ellipse, mostly. */
export function circleInPicture(sighting: Sighting, [x, y, z]: FacePoint, radius_mm: number): Point[] | null {
  const rim = Array.from({ length: RIM_STEPS + 1 }, (_, n): FacePoint => {
    const angle = (n / RIM_STEPS) * 2 * Math.PI;
    return [x + radius_mm * Math.cos(angle), y + radius_mm * Math.sin(angle), z];
  });
  return allToPicture(sighting, rim);
}

/** How far in the picture's width a port's size reaches at a place: a tapped ring goes around one port. */
export function reachAt(sighting: Sighting, at: Point): number | null {
  const [from, to] = [toFace(sighting, at), toFace(sighting, [at[0] + 0.01, at[1]])];
  return from && to && (0.01 * PORT_RING_MM) / Math.hypot(to[0] - from[0], to[1] - from[1]);
}

/** How sure the mark's place is on this picture: the anchor's own error and this picture's, 95 %. */
export function errorHere(sighting: Sighting, anchor: FaceAnchor): number | null {
  const at = placeOf(anchor);
  const here =
    sighting.covariance && errorRing(sighting.camera, sighting.T_camera_face, sighting.covariance, at);
  if (anchor.ring_mm === null && !here) return null;
  return Math.hypot(anchor.ring_mm ?? 0, here ? here.mm : 0);
}

/** The point an anchor is about: an arrow's head, else its first. */
export function placeOf(anchor: FaceAnchor, isArrow = false): FacePoint {
  return (isArrow ? anchor.points_mm.at(-1) : anchor.points_mm[0]) ?? [0, 0, 0];
}

/** Whether a sighting is of the face a mark is on. */
export function sees(
  sighting: Sighting | null,
  on: { device_id: string; face: string },
): sighting is Sighting {
  return sighting !== null && sighting.device_id === on.device_id && sighting.face === on.face;
}

/** The port under, or close beside, a point of the face. */
export function portNear(face: Face, [x, y]: Point): Port | null {
  const gap = (port: Port) =>
    Math.hypot(
      Math.max(0, Math.abs(x - port.x_mm) - port.width_mm / 2),
      Math.max(0, Math.abs(y - port.y_mm) - port.height_mm / 2),
    );
  const nearest = face.ports.reduce<Port | null>(
    (best, port) => (!best || gap(port) < gap(best) ? port : best),
    null,
  );
  return nearest && gap(nearest) <= PORT_REACH_MM ? nearest : null;
}
