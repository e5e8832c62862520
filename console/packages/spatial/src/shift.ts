/** Tell how a picture has moved as a whole, however far: by trying, on a very small copy of it. */

import type { GreyImage } from "./quads";

const REACH = 8; // pixels of the small copy
const LEAST_OVERLAP = 0.4;

/** By how many pixels (x, y) `to` shows the same things further right and down than `from`. */
export function shiftBetween(from: GreyImage, to: GreyImage): [number, number] {
  let best = { x: 0, y: 0, cost: cost(from, to, 0, 0) };
  const attempt = (x: number, y: number) => {
    const value = cost(from, to, x, y);
    if (value < best.cost) best = { x, y, cost: value };
  };
  for (let y = -REACH; y <= REACH; y += 2) for (let x = -REACH; x <= REACH; x += 2) attempt(x, y);
  const { x: roughX, y: roughY } = best;
  for (let y = roughY - 1; y <= roughY + 1; y++) for (let x = roughX - 1; x <= roughX + 1; x++) attempt(x, y);
  const { x, y } = best;
  return [
    x + vertex(cost(from, to, x - 1, y), best.cost, cost(from, to, x + 1, y)),
    y + vertex(cost(from, to, x, y - 1), best.cost, cost(from, to, x, y + 1)),
  ];
}

/** Where the parabola through three values at -1, 0 and 1 is lowest. */
function vertex(before: number, here: number, after: number): number {
  const bend = before - 2 * here + after;
  return bend > 0 && Number.isFinite(bend) ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend))) : 0;
}

/** Variance of the difference where the pictures overlap: blind to one being brighter as a whole. */
function cost(from: GreyImage, to: GreyImage, dx: number, dy: number): number {
  const { width, height } = from;
  const [left, right] = [Math.max(0, -dx), Math.min(width, width - dx)];
  const [top, bottom] = [Math.max(0, -dy), Math.min(height, height - dy)];
  const count = (right - left) * (bottom - top);
  if (count < LEAST_OVERLAP * width * height) return Infinity;
  let [sum, squares] = [0, 0];
  for (let y = top; y < bottom; y++) {
    let p = y * width + left;
    let q = (y + dy) * width + left + dx;
    for (let x = left; x < right; x++, p++, q++) {
      const gap = to.data[q]! - from.data[p]!;
      sum += gap;
      squares += gap * gap;
    }
  }
  return squares / count - (sum / count) ** 2;
}
