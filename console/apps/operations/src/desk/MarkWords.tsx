/** The words of the marks on a still, apart from one another, each with a line to what it names. */
import { type Leader, placeLeaders, type LeaderTarget } from "@nearhand/spatial";
import { distance, type Ink, MarkPlate, type Plate, plateAtEdge, plateOf, type Point } from "@nearhand/ui";
import { useRef } from "preact/hooks";
import type { Drawn } from "./drawn";
import { t } from "./words";

interface MarkWordsProps {
  marks: readonly Drawn[];
  /** The frame in its own pixels, and how many of those one CSS pixel takes. */
  width: number;
  height: number;
  unit: number;
  /** What of it is on the screen. */
  view: Box;
  /** The mark that is dragged just now, and how far, in the picture's 0..1. */
  moved: { id: string; by: Point } | null;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Named extends LeaderTarget {
  readonly plate: Plate;
  readonly ink: Ink;
}

const NEAR_PX = 12;

export function MarkWords({ marks, width, height, unit, view, moved }: MarkWordsProps) {
  const box = { width: view.width / unit, height: view.height / unit };
  const place = ([u, v]: Point): Point => [(u * width - view.x) / unit, (v * height - view.y) / unit];
  const before = useRef<readonly Leader[]>([]);
  const named = marks.flatMap((mark): Named[] => {
    const by = moved?.id === mark.id ? moved.by : ([0, 0] as const);
    const text = mark.isArea ? [mark.text, t("comeCloser")].filter(Boolean).join(" · ") : mark.text;
    return text ? [namedOf(mark, text, ([u, v]) => place([u + by[0], v + by[1]]))] : [];
  });
  const shown = named.map((one) => ({ ...one, plate: isNearEdge(one.at, box) ? plateAtEdge(one.plate) : one.plate })); // prettier-ignore
  const sizes = new Map(shown.map(({ id, plate }) => [id, plate]));
  const leaders = placeLeaders(shown, box, sizes, before.current);
  before.current = leaders;
  return (
    <g transform={`translate(${view.x} ${view.y}) scale(${unit})`} data-testid="mark-words">
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
