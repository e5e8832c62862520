/** One mark on the picture with its error ring; an area instead of a claim where its place is not sure enough. */
import { MarkInk, outline, type Point } from "@nearhand/ui";
import type { Drawn } from "./drawn";
import { t } from "./words";

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
    const words = [mark.text, t("comeCloser")].filter(Boolean).join(" · ");
    return (
      <g data-mark={mark.id} class="mark-area">
        <path d={outline("freehand", place(mark.error))} />
        <MarkInk shape="text" points={[points.at(-1)!]} text={words} ink="pending" unit={unit} />
      </g>
    );
  }
  return (
    <g data-mark={mark.id} data-shape={mark.shape}>
      {mark.error && <path class="mark-error" d={outline("freehand", place(mark.error))} />}
      <MarkInk
        shape={mark.shape}
        points={points}
        path={mark.path && place(mark.path)}
        text={mark.text}
        ink={shift ? "pending" : mark.ink}
        unit={unit}
      />
    </g>
  );
}
