/** From pen down to a finished shape: what each tool draws, and what a mere tap means. Knows no screen. */
import type { Shape } from "@nearhand/contract";
import { distance, type Point } from "@nearhand/ui";

export const TOOLS = ["select", "point", "ring", "arrow", "draw", "text", "label", "port"] as const;
export type Tool = (typeof TOOLS)[number];

/** The key that takes each tool. */
export const TOOL_KEYS: Record<Tool, string> = {
  select: "v",
  point: "p",
  ring: "r",
  arrow: "a",
  draw: "d",
  text: "t",
  label: "l",
  port: "o",
};

const SHAPES: Partial<Record<Tool, Shape>> = {
  ring: "ring",
  arrow: "arrow",
  draw: "freehand",
  text: "text",
  label: "label_3d",
};

/** What is being drawn. Points are in the units of its surface: of the picture 0..1, or millimetres of a face. */
export interface Draft {
  readonly shape: Shape;
  readonly points: readonly Point[];
}

/** Lengths in the surface's units. `tap`: less movement than this was a tap; `reach`: how far a tap's mark goes. */
export interface Scale {
  readonly tap: number;
  readonly reach: number;
  /** Width over height of the unit square: image points are not square, millimetres are. */
  readonly aspect: number;
}

export const MAX_POINTS = 512;

export function shapeOf(tool: Tool): Shape | null {
  return SHAPES[tool] ?? null;
}

export function penDown(tool: Tool, at: Point): Draft | null {
  const shape = shapeOf(tool);
  return shape && { shape, points: shape === "text" ? [at] : [at, at] };
}

export function penMove(draft: Draft, at: Point, scale: Scale): Draft {
  if (draft.shape === "text") return { ...draft, points: [at] };
  if (draft.shape !== "freehand") return { ...draft, points: [draft.points[0]!, at] };
  if (length(draft.points.at(-1)!, at, scale) < scale.tap / 4) return draft;
  return { ...draft, points: thinned([...draft.points, at]) };
}

/** The finished shape: a tap becomes a ring, arrow or label of a good size around the place. */
export function penUp(draft: Draft, scale: Scale): Draft {
  const [from, to] = [draft.points[0]!, draft.points.at(-1)!];
  const isTap = draft.points.length <= 2 && length(from, to, scale) < scale.tap;
  if (!isTap) return draft;
  switch (draft.shape) {
    case "ring":
      return { ...draft, points: [from, [from[0] + scale.reach, from[1]]] };
    case "arrow":
      return {
        ...draft,
        points: [[from[0] - 2 * scale.reach, from[1] + 2 * scale.reach * scale.aspect], from],
      };
    case "label_3d":
      return { ...draft, points: [from, [from[0] + scale.reach, from[1] - 2 * scale.reach * scale.aspect]] };
    default:
      return draft;
  }
}

/** Whether words are asked for before the mark is complete. */
export function needsWords(shape: Shape): boolean {
  return shape === "text" || shape === "label_3d";
}

function length(a: Point, b: Point, { aspect }: Scale): number {
  return distance([a[0], a[1] / aspect], [b[0], b[1] / aspect]);
}

/** Half of the points of a stroke that grew too long; its ends stay. */
function thinned(points: readonly Point[]): readonly Point[] {
  return points.length <= MAX_POINTS
    ? points
    : points.filter((_, n) => n % 2 === 0 || n === points.length - 1);
}
