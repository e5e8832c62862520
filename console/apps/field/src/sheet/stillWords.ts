/** Where the ink and the words of a mark stand on the still it belongs to. */
import type { StillMark } from "@nearhand/contract";
import type { Point } from "@nearhand/spatial";
import { aboutPoint } from "../overlay/place";
import type { Named } from "../overlay/Words";

const ON_ITSELF = -100; // a text covers its own place

/** What is drawn, in 0..1 of the still: of a label in space its words carry the line. */
export function inkOnStill({ shape, anchor }: StillMark): readonly Point[] {
  return shape === "label_3d" ? anchor.points.slice(0, 1) : anchor.points;
}

/** Its words, in CSS pixels of the still as it is shown; nothing where it has none. */
export function namedOnStill(mark: StillMark, scale: (point: Point) => Point): Named[] {
  const { id, shape, text, anchor } = mark;
  if (!text) return [];
  const points = anchor.points.map(scale);
  const at = points[aboutPoint(shape, points.length)]!;
  const last = points.at(-1)!;
  const rise = shape === "text" || shape === "label_3d" ? last : null;
  const radius = Math.hypot(last[0] - at[0], last[1] - at[1]);
  const clear = shape === "text" ? ON_ITSELF : shape === "ring" ? radius : 8;
  return [{ id, at, rise, clear, text, textOutside: text, ink: "mark", onlyOutside: false }];
}
