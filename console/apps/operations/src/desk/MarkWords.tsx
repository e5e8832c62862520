/** The words of the marks on a still, apart from one another, each with a line to what it names. */
import { type Leader, placeLeaders, type LeaderTarget } from "@nearhand/spatial";
import { distance, type Ink, MarkPlate, type Plate, plateAtEdge, plateOf, type Point } from "@nearhand/ui";
import { useRef } from "preact/hooks";
import type { Drawn } from "./drawn";
import { t } from "./words";

interface MarkWordsProps {
  marks: readonly Drawn[];
  /** The picture in its own pixels, and how many of those one CSS pixel takes. */
  width: number;
  height: number;
  unit: number;
  /** The mark that is dragged just now, and how far, in the picture's 0..1. */
  moved: { id: string; by: Point } | null;
}

interface Named extends LeaderTarget {
  readonly plate: Plate;
  readonly ink: Ink;
}

const NEAR_PX = 12;

export function MarkWords({ marks, width, height, unit, moved }: MarkWordsProps) {
  const box = { width: width / unit, height: height / unit };
  const before = useRef<readonly Leader[]>([]);
  const named = marks.flatMap((mark): Named[] => {
    const by = moved?.id === mark.id ? moved.by : ([0, 0] as const);
    const text = mark.isArea ? [mark.text, t("comeCloser")].filter(Boolean).join(" · ") : mark.text;
    return text ? [namedOf(mark, text, ([u, v]) => [(u + by[0]) * box.width, (v + by[1]) * box.height])] : [];
  });
  const shown = named.map((one) => ({ ...one, plate: isNearEdge(one.at, box) ? plateAtEdge(one.plate) : one.plate })); // prettier-ignore
  const sizes = new Map(shown.map(({ id, plate }) => [id, plate]));
  const leaders = placeLeaders(shown, box, sizes, before.current);
  before.current = leaders;
  return (
    <g transform={`scale(${unit})`} data-testid="mark-words">
      {leaders.map((leader) => {
        const { plate, ink } = shown.find(({ id }) => id === leader.id)!;
        return (
          <g key={leader.id} data-words-of={leader.id}>
            <MarkPlate leader={leader} plate={plate} ink={ink} />
          </g>
        );
      })}
    </g>
  );
}

function namedOf(mark: Drawn, text: string, place: (point: Point) => Point): Named {
  const { id, shape, points } = mark;
  const about = shape === "arrow" ? points.at(-1)! : points[shape === "freehand" ? points.length >> 1 : 0]!;
  const at = place(about);
  const outline = mark.isArea ? mark.error : shape === "freehand" ? null : mark.path;
  const drawnAbout = outline ?? (shape === "ring" ? points : []);
  const reach = Math.max(shape === "port" ? 14 : 8, ...drawnAbout.map((point) => distance(at, place(point))));
  const isItself = shape === "text" && !mark.isArea;
  const rise = mark.isArea || (shape !== "text" && shape !== "label_3d") ? null : place(points.at(-1)!);
  return { id, at, rise, clear: isItself ? -100 : reach, plate: plateOf(text), ink: mark.isArea ? "pending" : mark.ink }; // prettier-ignore
}

function isNearEdge([x, y]: Point, { width, height }: { width: number; height: number }): boolean {
  return x < NEAR_PX || y < NEAR_PX || x > width - NEAR_PX || y > height - NEAR_PX;
}
