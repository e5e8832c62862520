/** One mark on the picture with its error ring; an area instead of a claim where its place is not sure. Its words: MarkWords. */
import { MarkInk, outline, type Point } from "@nearhand/ui";
import type { Drawn } from "./drawn";

interface MarkOnPictureProps {
  mark: Drawn;
  scale: (point: Point) => Point;
  unit: number;
  /** How far the mark is dragged just now, in the picture's 0..1. */
  shift: Point | null;
}

export function MarkOnPicture({ mark, scale, unit, shift }: MarkOnPictureProps) {
  const place = (points: readonly Point[]) =>
    points.map(([u, v]) => scale([u + (shift?.[0] ?? 0), v + (shift?.[1] ?? 0)]));
  const points = place(mark.points);
  if (mark.isArea && mark.error) {
    return (
      <g data-mark={mark.id} class="mark-area">
        <path d={outline("freehand", place(mark.error))} />
      </g>
    );
  }
  return (
    <g data-mark={mark.id} data-shape={mark.shape}>
      {mark.error && <path class="mark-error" d={outline("freehand", place(mark.error))} />}
      <MarkInk
        shape={mark.shape}
        points={mark.shape === "label_3d" ? points.slice(0, 1) : points}
        path={mark.path && place(mark.path)}
        ink={shift ? "pending" : mark.ink}
        unit={unit}
      />
    </g>
  );
}
