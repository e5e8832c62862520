/** What stands on the picture already: words and marks' names keep off the chips, the sentences and the thumb's buttons. */
import type { Rect } from "@nearhand/spatial";

const OCCUPIED = [
  ".top-row > *",
  ".identity",
  ".captions p",
  ".message",
  ".on-stills",
  ".figures",
  ".step",
  ".thumb",
  ".keepsake",
  ".disagree",
  ".rack-way",
].join(",");
const MEASURED_EVERY_MS = 250; // it seldom changes, and measuring makes the browser lay out the page

let measured: { at: number; rects: readonly Rect[] } = { at: -Infinity, rects: [] };

export function keepOut(now_ms = performance.now()): readonly Rect[] {
  if (now_ms - measured.at < MEASURED_EVERY_MS) return measured.rects;
  const rects = [...document.querySelectorAll(OCCUPIED)]
    .map((element) => element.getBoundingClientRect())
    .filter(({ width, height }) => width > 0 && height > 0)
    .map(({ x, y, width, height }) => ({ x, y, width, height }));
  measured = { at: now_ms, rects };
  return rects;
}
