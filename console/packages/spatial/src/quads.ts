/** Find dark quadrilaterals in a grey picture: local threshold, border following, four corners. */

import type { Point } from "./homography";

export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

export type Quad = readonly [Point, Point, Point, Point]; // clockwise on screen

const DARKER_BY = 7; // grey levels below the neighbourhood's mean
const MIN_SIDE_PX = 7;

export function halve(image: GreyImage): GreyImage {
  const width = image.width >> 1;
  const height = image.height >> 1;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    let p = 2 * y * image.width;
    for (let x = 0; x < width; x++, p += 2)
      data[y * width + x] =
        (image.data[p]! + image.data[p + 1]! + image.data[p + image.width]! + image.data[p + image.width + 1]!) >> 2; // prettier-ignore
  }
  return { width, height, data };
}

/** 1 where a pixel is clearly darker than the mean of the square of side 2 r + 1 around it; the frame stays 0. */
export function darkMask({ width, height, data }: GreyImage, r: number): Uint8Array {
  const sums = new Uint32Array(width); // of each column over the window's rows
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < Math.min(r, height); y++)
    for (let x = 0; x < width; x++) sums[x]! += data[y * width + x]!;
  for (let y = 0; y < height; y++) {
    const entering = y + r;
    const leaving = y - r - 1;
    for (let x = 0; x < width; x++) {
      if (entering < height) sums[x]! += data[entering * width + x]!;
      if (leaving >= 0) sums[x]! -= data[leaving * width + x]!;
    }
    if (y === 0 || y === height - 1) continue;
    const rows = Math.min(entering, height - 1) - Math.max(leaving + 1, 0) + 1;
    let total = 0;
    for (let x = 0; x < Math.min(r, width); x++) total += sums[x]!;
    for (let x = 0; x < width; x++) {
      if (x + r < width) total += sums[x + r]!;
      if (x - r - 1 >= 0) total -= sums[x - r - 1]!;
      if (x === 0 || x === width - 1) continue;
      const columns = Math.min(x + r, width - 1) - Math.max(x - r, 0) + 1;
      const i = y * width + x;
      if ((data[i]! + DARKER_BY) * rows * columns < total) mask[i] = 1;
    }
  }
  return mask;
}

export function findQuads(image: GreyImage, r: number): Quad[] {
  const { width, height } = image;
  const mask = darkMask(image, r);
  const isSeen = new Uint8Array(width * height);
  const quads: Quad[] = [];
  const limit = 8 * Math.max(width, height);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      if (mask[i] === 0 || mask[i - 1] === 1 || isSeen[i] === 1) continue;
      const border = followBorder(mask, isSeen, width, i, limit);
      if (border.length < 4 * MIN_SIDE_PX) continue;
      const quad = quadOf(border, width);
      if (quad) quads.push(quad);
    }
  }
  return quads;
}

/** Pixel indices along a border, clockwise around dark areas, counter-clockwise around holes in them. */
function followBorder(
  mask: Uint8Array,
  isSeen: Uint8Array,
  width: number,
  start: number,
  limit: number,
): number[] {
  const offsets = [1, width + 1, width, width - 1, -1, -width - 1, -width, -width + 1];
  const border: number[] = [];
  let at = start;
  let direction: number;
  let search = 5; // the west neighbour is light: look from north-west on
  let first = -1;
  while (border.length < limit) {
    direction = -1;
    for (let k = 0; k < 8; k++) {
      const d = (search + k) & 7;
      if (mask[at + offsets[d]!] === 1) {
        direction = d;
        break;
      }
    }
    if (direction < 0) break; // a lonely pixel
    if (at === start) {
      if (first === -1) first = direction;
      else if (first === direction) break;
    }
    border.push(at);
    isSeen[at] = 1;
    at += offsets[direction]!;
    search = (direction + 6) & 7;
  }
  isSeen[start] = 1;
  return border;
}

function quadOf(border: readonly number[], width: number): Quad | null {
  const n = border.length;
  const xs = border.map((i) => i % width);
  const ys = border.map((i) => Math.floor(i / width));
  let area = 0;
  let cx = 0;
  let cy = 0;
  for (let i = 0; i < n; i++) {
    const j = i + 1 < n ? i + 1 : 0;
    area += xs[i]! * ys[j]! - xs[j]! * ys[i]!;
    cx += xs[i]!;
    cy += ys[i]!;
  }
  if (area / 2 < MIN_SIDE_PX * MIN_SIDE_PX * 0.5) return null; // holes have a negative area
  const a = farthest(xs, ys, cx / n, cy / n);
  const c = farthest(xs, ys, xs[a]!, ys[a]!);
  const [dx, dy] = [xs[c]! - xs[a]!, ys[c]! - ys[a]!];
  let [b, d, above, below] = [-1, -1, 0, 0];
  for (let i = 0; i < n; i++) {
    const side = dx * (ys[i]! - ys[a]!) - dy * (xs[i]! - xs[a]!);
    if (side > above) [above, b] = [side, i];
    if (side < below) [below, d] = [side, i];
  }
  if (b < 0 || d < 0) return null;
  const corners = [a, b, c, d].sort((p, q) => p - q);
  let quadArea = 0;
  for (let k = 0; k < 4; k++) {
    const p = corners[k]!;
    const q = corners[(k + 1) & 3]!;
    if (!isStraight(xs, ys, p, q)) return null;
    quadArea += xs[p]! * ys[q]! - xs[q]! * ys[p]!;
  }
  if (quadArea < 0.8 * area || quadArea > 1.25 * area) return null;
  return corners.map((i): Point => [xs[i]!, ys[i]!]) as unknown as Quad;
}

function farthest(xs: readonly number[], ys: readonly number[], x: number, y: number): number {
  let [best, index] = [-1, 0];
  for (let i = 0; i < xs.length; i++) {
    const distance = (xs[i]! - x) ** 2 + (ys[i]! - y) ** 2;
    if (distance > best) [best, index] = [distance, i];
  }
  return index;
}

/** Whether the border between two of its points runs along their chord, which must be long enough. */
function isStraight(xs: readonly number[], ys: readonly number[], p: number, q: number): boolean {
  const n = xs.length;
  const [dx, dy] = [xs[q]! - xs[p]!, ys[q]! - ys[p]!];
  const length = Math.hypot(dx, dy);
  if (length < MIN_SIDE_PX) return false;
  const allowed = Math.max(1.6, 0.06 * length) * length;
  for (let i = p; i !== q; i = i + 1 < n ? i + 1 : 0)
    if (Math.abs(dx * (ys[i]! - ys[p]!) - dy * (xs[i]! - xs[p]!)) > allowed) return false;
  return true;
}
