/** Which marks are on the picture just now, where, and how sure: saved ones by their anchors, unsaved by the hand. */
import {
  type Annotation,
  type FaceMark,
  type FaceSide,
  type FrameRef,
  isOnFace,
  isOnStill,
  type Place,
  type Port,
  type Shape,
  type Sighting,
  type StillMark,
} from "@nearhand/contract";
import type { LiveView } from "@nearhand/live";
import { distance, portOutline, type Ink, type Point } from "@nearhand/ui";
import { allToPicture, circleInPicture, errorHere, placeOf, sameFrame, sees, SURE_MM, toFace } from "./sight";

export interface Drawn {
  readonly id: string;
  readonly shape: Shape;
  readonly text: string;
  /** 0..1 of the picture. */
  readonly points: readonly Point[];
  /** The outline of a ring or port as the camera sees it. */
  readonly path: readonly Point[] | null;
  /** The 95 % error ring on the picture, and its radius. */
  readonly error: readonly Point[] | null;
  readonly error_mm: number | null;
  /** Too unsure for a precise shape: show an area, and ask to come closer. */
  readonly isArea: boolean;
  readonly ink: Ink;
}

/** The picture marks are drawn on, and how to find the sighting of another frame. */
export interface Canvas {
  readonly frame: FrameRef;
  readonly sha256: string;
  readonly sighting: Sighting | null;
  readonly sightingOf: (frame: FrameRef) => Sighting | null;
  readonly portOf: (name: string, face: FaceSide) => Port | null;
}

/** What of a view marks are drawn from. */
type Marked = Pick<LiveView, "annotations" | "participants" | "pending">;

export function drawnMarks(view: Marked, canvas: Canvas, chosen: string | null): Drawn[] {
  const { pending } = view;
  const saved = view.annotations.flatMap((mark): Drawn[] => {
    if (pending.removing.includes(mark.id)) return [];
    const edits = pending.edits.filter((edit) => edit.id === mark.id);
    const isHidden = edits.findLast((edit) => edit.is_hidden != null)?.is_hidden ?? mark.is_hidden;
    if (isHidden) return [];
    const text = edits.findLast((edit) => edit.text != null)?.text ?? mark.text;
    const place = edits.findLast((edit) => edit.place != null)?.place;
    const seen = place
      ? drawnPlace(mark.id, mark.shape, text, place, canvas)
      : drawnAnchor({ ...mark, text }, canvas);
    const ink = mark.id === chosen ? "chosen" : edits.length > 0 ? "pending" : inkOf(view, mark.created_by);
    return seen ? [{ ...seen, ink }] : [];
  });
  const unsaved = pending.marks.flatMap((mark) => {
    const seen = drawnPlace(mark.id, mark.shape, mark.text, mark.place, canvas);
    return seen ? [{ ...seen, ink: "pending" as Ink }] : [];
  });
  return [...saved, ...unsaved];
}

/** Whose ink: cyan is the expert's, violet the customer's, white the technician's. */
export function inkOf({ participants }: Pick<LiveView, "participants">, by: string): Ink {
  switch (participants.find(({ id }) => id === by)?.role) {
    case "observer":
      return "other";
    case "technician":
      return "plain";
    default:
      return "mark";
  }
}

function drawnAnchor(mark: Annotation, canvas: Canvas): Omit<Drawn, "ink"> | null {
  if (isOnStill(mark)) return drawnOnStill(mark, canvas);
  return isOnFace(mark) ? drawnOnFace(mark, canvas) : null;
}

function drawnOnFace(
  { id, shape, text, anchor }: FaceMark,
  { sighting, portOf }: Canvas,
): Omit<Drawn, "ink"> | null {
  if (!sees(sighting, anchor)) return null;
  const points = allToPicture(sighting, anchor.points_mm);
  if (!points) return null;
  const error_mm = errorHere(sighting, anchor);
  const at = placeOf(anchor, shape === "arrow");
  const radius =
    shape === "ring" ? distance2(anchor.points_mm[0]!, anchor.points_mm[1] ?? anchor.points_mm[0]!) : 0;
  const port = shape === "port" && anchor.port ? portOf(anchor.port, anchor.face) : null;
  const outline = port && allToPicture(sighting, portOutline(port).map(([x, y]) => [x, y, 0])); // prettier-ignore
  return {
    id,
    shape,
    text: text || anchor.port || "",
    points,
    path: radius > 0 ? circleInPicture(sighting, at, radius) : outline,
    error: error_mm === null ? null : circleInPicture(sighting, at, error_mm),
    error_mm,
    isArea: error_mm !== null && error_mm > SURE_MM && (shape === "arrow" || shape === "port"),
  };
}

/** A mark that belongs to one still is on no other, whatever that one shows. */
function drawnOnStill({ id, shape, text, anchor }: StillMark, { sha256 }: Canvas): Omit<Drawn, "ink"> | null {
  if (anchor.sha256 !== sha256) return null;
  return { id, shape, text, points: anchor.points, path: null, error: null, error_mm: null, isArea: false };
}

/** A mark the server has not anchored yet: where the hand put it, carried along by the sightings known here. */
function drawnPlace(
  id: string,
  shape: Shape,
  text: string,
  place: Place,
  canvas: Canvas,
): Omit<Drawn, "ink"> | null {
  const points = pointsOf(place, canvas);
  return points && { id, shape, text, points, path: null, error: null, error_mm: null, isArea: false };
}

function pointsOf(place: Place, canvas: Canvas): Point[] | null {
  const { sighting } = canvas;
  if (place.kind === "port") return null; // its place comes with the server's answer
  if (place.kind === "face") return sees(sighting, place) ? allToPicture(sighting, place.points_mm) : null;
  return carried(place.frame, place.points, canvas);
}

/** Points of another frame on this picture: as they are on the same frame, else by way of the face. */
export function carried(
  frame: FrameRef,
  points: readonly Point[],
  { frame: here, sighting, sightingOf }: Canvas,
): Point[] | null {
  if (sameFrame(frame, here)) return [...points];
  const before = sightingOf(frame);
  if (!before || !sees(sighting, before)) return null;
  const onFace = points.map((point) => toFace(before, point));
  return onFace.every((point) => point !== null) ? allToPicture(sighting, onFace.map(([x, y]) => [x, y, 0])) : null; // prettier-ignore
}

function distance2([ax, ay]: readonly number[], [bx, by]: readonly number[]): number {
  return distance([ax!, ay!], [bx!, by!]);
}

/** The mark under a point, both in pixels of the screen; the one drawn last wins. */
export function markAt(
  drawn: readonly Drawn[],
  at: Point,
  toScreen: (point: Point) => Point,
  reach_px = 12,
): Drawn | null {
  return (
    drawn.findLast((mark) => {
      const line = (mark.path ?? mark.points).map(toScreen);
      const gaps = line.map((point, n) => segmentDistance(at, line[Math.max(0, n - 1)]!, point));
      return Math.min(...gaps) <= (mark.shape === "text" || mark.shape === "port" ? reach_px * 2 : reach_px);
    }) ?? null
  );
}

function segmentDistance(p: Point, a: Point, b: Point): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const along = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy || 1);
  const k = Math.min(1, Math.max(0, along));
  return distance(p, [a[0] + k * dx, a[1] + k * dy]);
}
