/** Choose what is worth following: corners of the picture, spread over a region. */

import type { Point } from "./homography";
import type { Pyramid } from "./pyramid";

const LEAST_CORNER = 60; // smaller eigenvalue of the gradient products summed over 3 x 3 pixels
const PART_OF_BEST = 0.01;

/**
 * Up to `wanted` corners (x, y pairs, in the finest level's pixels) inside a convex region, strongest first, none nearer
 * than `gap_px` to another or to one of the `taken`. Searched at half size: where exactly a corner is matters not, only
 * that it can be found again.
 */
export function findCorners(
  pyramid: Pyramid,
  region: readonly Point[],
  taken: readonly Point[],
  wanted: number,
  gap_px: number,
): Point[] {
  const { width, height, data } = pyramid.levels[Math.min(1, pyramid.levels.length - 1)]!;
  const scale = pyramid.width / width;
  const half = region.map(([x, y]): Point => [(x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5]);
  const margin = 5;
  const clip = (value: number, limit: number) =>
    Math.min(Math.max(Math.round(value), margin), limit - margin);
  const [left, right] = [Math.min, Math.max].map((f) => clip(f(...half.map(([x]) => x)), width)) as [number, number]; // prettier-ignore
  const [top, bottom] = [Math.min, Math.max].map((f) => clip(f(...half.map(([, y]) => y)), height)) as [number, number]; // prettier-ignore
  const [w, h] = [right - left, bottom - top];
  if (w < 3 || h < 3) return [];
  const scores = cornerScores(data, width, left, top, w, h);
  let best = 0;
  for (const score of scores) if (score > best) best = score;
  const least = Math.max(LEAST_CORNER, PART_OF_BEST * best);

  const candidates: number[] = [];
  for (let y = 1; y < h - 1; y++)
    for (let x = 1; x < w - 1; x++) {
      const i = y * w + x;
      const score = scores[i]!;
      if (score < least || score <= scores[i - 1]! || score < scores[i + 1]!) continue;
      if (score <= scores[i - w]! || score < scores[i + w]!) continue;
      if (isInside(half, left + x, top + y)) candidates.push(i);
    }
  candidates.sort((a, b) => scores[b]! - scores[a]!);
  const crowd = new Crowd(pyramid.width, gap_px);
  for (const point of taken) crowd.add(point);
  const chosen: Point[] = [];
  for (const i of candidates) {
    if (chosen.length >= wanted) break;
    const point: Point = [
      (left + (i % w) + 0.5) * scale - 0.5,
      (top + Math.floor(i / w) + 0.5) * scale - 0.5,
    ];
    if (crowd.isNear(point)) continue;
    crowd.add(point);
    chosen.push(point);
  }
  return chosen;
}

/** The smaller eigenvalue of the summed gradient products around each pixel of a rectangle. */
function cornerScores(
  data: Uint8Array | Uint8ClampedArray,
  width: number,
  left: number,
  top: number,
  w: number,
  h: number,
): Float32Array {
  const [xx, xy, yy] = [new Float32Array(w * h), new Float32Array(w * h), new Float32Array(w * h)];
  for (let y = 0, i = 0; y < h; y++) {
    let p = (top + y) * width + left;
    for (let x = 0; x < w; x++, i++, p++) {
      const gx = (data[p + 1]! - data[p - 1]!) / 2;
      const gy = (data[p + width]! - data[p - width]!) / 2;
      xx[i] = gx * gx;
      xy[i] = gx * gy;
      yy[i] = gy * gy;
    }
  }
  const scores = new Float32Array(w * h);
  for (let y = 1; y < h - 1; y++)
    for (let x = 1; x < w - 1; x++) {
      const i = y * w + x;
      const a = around(xx, i, w);
      const c = around(yy, i, w);
      if (a + c < LEAST_CORNER) continue; // flat: most of a face
      const b = around(xy, i, w);
      scores[i] = (a + c) / 2 - Math.sqrt(((a - c) / 2) ** 2 + b * b);
    }
  return scores;
}

function around(values: Float32Array, i: number, w: number): number {
  const [u, d] = [i - w, i + w];
  return (
    values[u - 1]! + values[u]! + values[u + 1]! + values[i - 1]! + values[i]! + values[i + 1]! +
    values[d - 1]! + values[d]! + values[d + 1]!
  ); // prettier-ignore
}

/** Inside a convex outline, whichever way round it runs. */
export function isInside(outline: readonly Point[], x: number, y: number): boolean {
  let side = 0;
  for (let k = 0; k < outline.length; k++) {
    const [a, b] = [outline[k]!, outline[(k + 1) % outline.length]!];
    const turn = Math.sign((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]));
    if (turn !== 0 && side !== 0 && turn !== side) return false;
    side = turn || side;
  }
  return true;
}

/** Points in cells as wide as the gap: only neighbouring cells can hold one that is too near. */
class Crowd {
  readonly #cells = new Map<number, Point[]>();
  readonly #columns: number;

  constructor(
    width: number,
    private readonly gap: number,
  ) {
    this.#columns = Math.ceil(width / gap) + 2;
  }

  add(point: Point): void {
    const cell = this.#cellOf(point);
    const held = this.#cells.get(cell);
    if (held) held.push(point);
    else this.#cells.set(cell, [point]);
  }

  isNear([x, y]: Point): boolean {
    const middle = this.#cellOf([x, y]);
    for (const row of [-this.#columns, 0, this.#columns])
      for (const column of [-1, 0, 1])
        for (const [px, py] of this.#cells.get(middle + row + column) ?? [])
          if ((px - x) ** 2 + (py - y) ** 2 < this.gap * this.gap) return true;
    return false;
  }

  #cellOf([x, y]: Point): number {
    return Math.floor(y / this.gap) * this.#columns + Math.floor(x / this.gap) + 1;
  }
}
