/** Find dark quadrilaterals in a grey picture: local threshold, border following, four corners. */

import type { Point } from "./homography";

export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

export type Quad = readonly [Point, Point, Point, Point]; // clockwise on screen

// Grey levels below the neighbourhood's mean; more in a picture so noisy that dark specks begin at so many pixels.
const DARKER_BY = [7, 11] as const;
const NOISY_SHARE = 1 / 12;
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

/** A picture made ready for the search: sums of two by two pixels, and of all such blocks above and to the left. */
interface Blocks {
  readonly across: number;
  readonly down: number;
  /** One row and one column more than there are blocks: those before the first are empty. */
  readonly sums: Int32Array;
}

const [LIGHT, DARK, FOLLOWED] = [0, 1, 2] as const;

// Kept from call to call: pictures come many times a second, and most borders are short.
let mask = new Uint8Array(0);
let starts = new Int32Array(0);
let borderX = new Int32Array(0);
let borderY = new Int32Array(0);
let sums = new Int32Array(0);

/** Dark quadrilaterals against neighbourhoods of each of these radii, in blocks of two by two pixels. */
export function findQuads(image: GreyImage, radii: readonly number[]): Quad[] {
  const { width, height } = image;
  if (width < 2 * MIN_SIDE_PX || height < 2 * MIN_SIDE_PX) return [];
  const limit = 8 * Math.max(width, height);
  if (borderX.length < limit) [borderX, borderY] = [new Int32Array(limit), new Int32Array(limit)];
  if (mask.length < width * height) {
    mask = new Uint8Array(width * height);
    starts = new Int32Array((width * height) >> 1);
  }
  const offsets = Int32Array.of(1, width + 1, width, width - 1, -1, -width - 1, -width, -width + 1);
  const blocks = blocksOf(image);
  const quads: Quad[] = [];
  let level = 0;
  for (const radius of radii) {
    let count = markDark(image, blocks, radius, DARKER_BY[level]!);
    while (count > NOISY_SHARE * width * height && level < DARKER_BY.length - 1)
      count = markDark(image, blocks, radius, DARKER_BY[++level]!);
    for (let k = 0; k < count; k++) {
      const i = starts[k]!;
      if (mask[i] !== DARK) continue;
      const n = followBorder(offsets, width, i, limit);
      const quad = n < 4 * MIN_SIDE_PX || n > limit ? null : quadOf(n);
      if (quad) quads.push(quad);
    }
  }
  return quads;
}

function blocksOf({ width, height, data }: GreyImage): Blocks {
  const [across, down] = [width >> 1, height >> 1];
  const stride = across + 1;
  if (sums.length < stride * (down + 1)) sums = new Int32Array(stride * (down + 1));
  const out = sums;
  out.fill(0, 0, stride);
  for (let y = 0; y < down; y++) {
    let p = 2 * y * width;
    let i = (y + 1) * stride;
    out[i++] = 0;
    let row = 0;
    for (let x = 0; x < across; x++, p += 2, i++) {
      row = (row + data[p]! + data[p + 1]! + data[p + width]! + data[p + width + 1]!) | 0;
      out[i] = (out[i - stride]! + row) | 0;
    }
  }
  return { across, down, sums: out };
}

/**
 * Mark what is clearly darker than the mean around it, told for each block; the picture's frame stays light.
 * Returns how many `starts` there are: dark pixels to the right of light ones.
 */
function markDark(
  { width, height, data }: GreyImage,
  { across, down, sums }: Blocks,
  r: number,
  darkerBy: number,
): number {
  const [marks, begun] = [mask, starts];
  const limits = new Int32Array(across); // of a row of blocks: pixels below them are dark
  const stride = across + 1;
  let count = 0;
  marks.fill(LIGHT, 0, width);
  marks.fill(LIGHT, (height - 1) * width, height * width);
  for (let y = 1; y < height - 1; y++) {
    const row = y * width;
    if (y === 1 || (y & 1) === 0) {
      const block = Math.min(y >> 1, down - 1);
      const [top, bottom] = [Math.max(block - r, 0), Math.min(block + r + 1, down)];
      const [above, below] = [top * stride, bottom * stride];
      const limitAt = (left: number, right: number, share: number) => {
        const total = (sums[below + right]! - sums[below + left]! - sums[above + right]! + sums[above + left]!) | 0; // prettier-ignore
        return ((total * share) | 0) + 1 - darkerBy;
      };
      const rows = 4 * (bottom - top);
      const inner = Math.max(r, across - r);
      const share = 1 / (rows * (2 * r + 1));
      for (let x = r; x < inner; x++) limits[x] = limitAt(x - r, x + r + 1, share);
      for (let x = 0; x < across; x = x + 1 === r ? inner : x + 1) {
        const [left, right] = [Math.max(x - r, 0), Math.min(x + r + 1, across)];
        limits[x] = limitAt(left, right, 1 / (rows * (right - left)));
      }
    }
    let before = 0;
    for (let block = 0, i = row; block < across; block++, i += 2) {
      // The sign bit of the difference, 1 where it is negative: a branch would be mispredicted in every texture.
      const limit = limits[block]!;
      const even = (data[i]! - limit) >>> 31;
      const odd = (data[i + 1]! - limit) >>> 31;
      marks[i] = even;
      marks[i + 1] = odd;
      begun[count] = i;
      count += even & (before ^ 1);
      begun[count] = i + 1;
      count += odd & (even ^ 1);
      before = odd;
    }
    marks[row] = marks[row + width - 1] = LIGHT;
    begun[count] = row + 1;
    count += marks[row + 1]!;
  }
  return count;
}

const STEP_X = Int32Array.of(1, 1, 0, -1, -1, -1, 0, 1);
const STEP_Y = Int32Array.of(0, 1, 1, 1, 0, -1, -1, -1);

/**
 * Length of a border, clockwise around dark areas, counter-clockwise around holes in them. One longer than the limit is
 * no symbol's; yet it is followed to its end, or each of its pixels would begin it anew.
 */
function followBorder(offsets: Int32Array, width: number, start: number, limit: number): number {
  let n = 0;
  let [at, x, y] = [start, start % width, Math.floor(start / width)];
  let search = 5; // the west neighbour is light: look from north-west on
  let first = -1;
  const most = 4 * mask.length; // no pixel is passed more often
  while (n < most) {
    let direction = search;
    let k = 0;
    while (k < 8 && mask[at + offsets[direction]!] === LIGHT) direction = (search + ++k) & 7;
    if (k === 8) break; // a lonely pixel
    if (at === start) {
      if (first === -1) first = direction;
      else if (first === direction) break;
    }
    if (n < limit) {
      borderX[n] = x;
      borderY[n] = y;
    }
    n++;
    mask[at] = FOLLOWED;
    at += offsets[direction]!;
    x += STEP_X[direction]!;
    y += STEP_Y[direction]!;
    search = (direction + 6) & 7;
  }
  mask[start] = FOLLOWED;
  return n;
}

function quadOf(n: number): Quad | null {
  const [xs, ys] = [borderX, borderY];
  let [area, cx, cy] = [0, 0, 0];
  for (let i = 0, j = n - 1; i < n; j = i++) {
    area += xs[j]! * ys[i]! - xs[i]! * ys[j]!;
    cx += xs[i]!;
    cy += ys[i]!;
  }
  if (area / 2 < MIN_SIDE_PX * MIN_SIDE_PX * 0.5) return null; // holes have a negative area
  const a = farthest(n, cx / n, cy / n);
  const c = farthest(n, xs[a]!, ys[a]!);
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
    if (!isStraight(n, p, q)) return null;
    quadArea += xs[p]! * ys[q]! - xs[q]! * ys[p]!;
  }
  if (quadArea < 0.8 * area || quadArea > 1.25 * area) return null;
  return corners.map((i): Point => [xs[i]!, ys[i]!]) as unknown as Quad;
}

function farthest(n: number, x: number, y: number): number {
  let [best, index] = [-1, 0];
  for (let i = 0; i < n; i++) {
    const distance = (borderX[i]! - x) ** 2 + (borderY[i]! - y) ** 2;
    if (distance > best) [best, index] = [distance, i];
  }
  return index;
}

/** Whether the border between two of its points runs along their chord, which must be long enough. */
function isStraight(n: number, p: number, q: number): boolean {
  const [x, y] = [borderX[p]!, borderY[p]!];
  const [dx, dy] = [borderX[q]! - x, borderY[q]! - y];
  const length = Math.hypot(dx, dy);
  if (length < MIN_SIDE_PX) return false;
  const allowed = Math.max(1.6, 0.06 * length) * length;
  for (let i = p; i !== q; i = i + 1 < n ? i + 1 : 0)
    if (Math.abs(dx * (borderY[i]! - y) - dy * (borderX[i]! - x)) > allowed) return false;
  return true;
}
