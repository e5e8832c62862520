/** Draw one mark in SVG: bright ink with a dark edge, so that it reads on any picture. */
import type { Shape } from "@nearhand/contract";
import { wide } from "./MarkInkPlate";

export type Point = readonly [number, number];
export type Ink = "mark" | "pending" | "other" | "plain" | "chosen";

interface MarkInkProps {
  shape: Shape;
  points: readonly Point[];
  text?: string;
  ink?: Ink;
  /** The outline, where the plain one would be wrong: a ring seen from the side. */
  path?: readonly Point[] | null;
  /** User units per CSS pixel, so that strokes and words keep their size at any scale. */
  unit?: number;
}

const HEAD_PX = 16;
const PORT_PX = 14;

export function MarkInk({
  shape,
  points,
  text = "",
  ink = "mark",
  path: given = null,
  unit = 1,
}: MarkInkProps) {
  if (points.length === 0) return null;
  const path = given ? outline("freehand", given) : outline(shape, points, unit);
  const at = wordsAt(shape, points, given, unit);
  return (
    <g class={`ui-ink ui-ink-${ink}`}>
      {path && <path d={path} class="ui-ink-edge" />}
      {path && <path d={path} class="ui-ink-line" />}
      {text && <Words at={at} text={text} unit={unit} isCentred={shape === "text" || shape === "label_3d"} />}
    </g>
  );
}

/** Words stand beside a shape as it is drawn, never on it or on what it shows. */
export function wordsAt(
  shape: Shape,
  points: readonly Point[],
  path: readonly Point[] | null = null,
  unit = 1,
): Point {
  const [a, b] = [points[0]!, points[points.length - 1]!];
  if (shape === "arrow") return a;
  if (shape !== "ring" && shape !== "port") return b;
  if (path && path.length > 0) {
    const [xs, ys] = [path.map(([x]) => x), path.map(([, y]) => y)];
    return [Math.max(...xs), (Math.min(...ys) + Math.max(...ys)) / 2];
  }
  return [a[0] + (shape === "ring" ? distance(a, b) : PORT_PX * unit), a[1]];
}

function Words({ at, text, unit, isCentred }: { at: Point; text: string; unit: number; isCentred: boolean }) {
  const width = (wide(text) * 7.6 + 14) * unit;
  const [x, y] = isCentred ? [at[0] - width / 2, at[1] - 12 * unit] : [at[0] + 6 * unit, at[1] - 12 * unit];
  return (
    <g transform={`translate(${x} ${y}) scale(${unit})`}>
      <rect class="ui-ink-plate" width={width / unit} height={24} rx={3} />
      <text class="ui-ink-words" x={7} y={17}>
        {text}
      </text>
    </g>
  );
}

/** The path of a shape through its points, whose meaning `Shape` states. */
export function outline(shape: Shape, points: readonly Point[], unit = 1): string {
  const [a, b] = [points[0]!, points[1] ?? points[0]!];
  switch (shape) {
    case "ring":
      return circle(a, distance(a, b));
    case "port":
      return circle(a, PORT_PX * unit);
    case "arrow":
      return `M${a} L${b} ${head(a, b, HEAD_PX * unit)}`;
    case "label_3d":
      return `M${a} L${b} ${circle(a, 4 * unit)}`;
    case "freehand":
      return `M${points.map((point) => point.join(",")).join(" L")}`;
    case "text":
      return "";
  }
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function circle([x, y]: Point, r: number): string {
  return `M${x - r},${y} a${r},${r} 0 1 0 ${2 * r},0 a${r},${r} 0 1 0 ${-2 * r},0`;
}

function head(tail: Point, tip: Point, size: number): string {
  const angle = Math.atan2(tip[1] - tail[1], tip[0] - tail[0]);
  const wing = (turn: number) =>
    `M${tip} L${tip[0] - size * Math.cos(angle + turn)},${tip[1] - size * Math.sin(angle + turn)}`;
  return `${wing(0.45)} ${wing(-0.45)}`;
}
