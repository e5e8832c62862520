/** Register a known symbol to the picture, without a camera: its module edges against what is seen of them. */

import type { Homography } from "./homography";
import { solvePositive } from "./linear";
import { type EdgePoints, emptyPoints } from "./points";
import { type Profiles, follow, newProfiles } from "./profiles";
import type { GreyImage } from "./quads";
import { compare, modulePixels } from "./template";
import { type SymbolEdges, type Modules, edgesOf } from "./symbols";

/** Where and how large a symbol is printed; its middle. */
export interface PrintedSymbol {
  readonly x_mm: number;
  readonly y_mm: number;
  readonly size_mm: number;
}

export interface Registration {
  readonly points: EdgePoints;
  /** Carries parts of the symbol's side, from its middle, to pixels. */
  readonly h: Homography;
  /** Part of the edges that could be told, of those within the picture. */
  readonly share: number;
  /** How well dark and light of the modules agree with the picture: 1 perfectly, 0 not at all. */
  readonly likeness: number;
  readonly rms_px: number;
}

const REACHES = [1, 0.8] as const; // modules to either side, while only the rise of brightness is looked at
const ROUNDS = 4;
const WEAK = 0.3; // part of a strong edge's rise below which one is hidden or glared over
const LEAST_RISE = 1; // grey levels
const LEAST_EDGES = 16;
const SWELL_SD_PX = 0.15;
const LEAST_SD_PX = 0.1;
// Blur makes neighbouring places err alike: what is nearer together than this counts as one.
const INDEPENDENT_PX = 2.5;
// Along one edge errors are alike beyond that (motion, a blur that is not quite the one assumed); as on the server.
const ALIKE = 1.6;
const PARAMETERS = 9; // eight of the homography, and the swelling of dark modules

let scratch = newProfiles(1024);
const normal = new Float64Array(PARAMETERS * PARAMETERS);
const right = new Float64Array(PARAMETERS);
const row = new Float64Array(PARAMETERS);

/** Null when too few edges are found, or they lead astray. `start` as `h` of the result. */
export function registerSymbol(
  image: GreyImage,
  modules: Modules,
  start: Homography,
  printed: PrintedSymbol,
): Registration | null {
  const edges = edgesOf(modules);
  if (edges.count > scratch.capacity) scratch = newProfiles(edges.count);
  const [originU, originV] = [start[2]! / start[8]!, start[5]! / start[8]!];
  const h = relativeTo(start, originU, originV);
  let [swell, sd, inside, used, blur] = [0, 0, 0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const reach = REACHES[round];
    if (reach !== undefined) inside = follow(image, edges, h, originU, originV, reach, scratch);
    else {
      const compared = compare(image, modules, edges, h, originU, originV, scratch, blur);
      if (compared.blur_px === 0) return null;
      [inside, blur] = [compared.inside, compared.blur_px];
    }
    used = weigh(edges.count, scratch, swell, round);
    if (used < LEAST_EDGES) return null;
    sd = spread(edges.count, scratch, swell);
    swell = improve(edges, h, scratch, swell, sd);
    if (!Number.isFinite(swell)) return null;
  }
  const moved = Math.hypot(h[2]!, h[5]!);
  const side = Math.sqrt(Math.abs(h[0]! * h[4]! - h[1]! * h[3]!));
  if (!(moved < 0.25 * side + 2)) return null;
  const found = absolute(h, originU, originV);
  const dense = (INDEPENDENT_PX * edges.places) / Math.min(...modulePixels(h, edges.size));
  const alike = ALIKE * Math.sqrt(Math.max(1, dense));
  return {
    points: pointsOf(edges, scratch, printed, used, Math.max(sd * alike, LEAST_SD_PX), originU, originV),
    h: found,
    share: used / Math.max(1, inside),
    likeness: likeness(image, modules, found),
    rms_px: sd,
  };
}

function relativeTo(h: Homography, u: number, v: number): Float64Array {
  const s = 1 / h[8]!;
  const out = Float64Array.from(h, (value) => value * s);
  for (let k = 0; k < 3; k++) {
    out[k]! -= u * out[6 + k]!;
    out[3 + k]! -= v * out[6 + k]!;
  }
  return out;
}

function absolute(h: Float64Array, u: number, v: number): number[] {
  return [0, 1, 2, 3, 4, 5, 6, 7, 8].map((k) =>
    k < 3 ? h[k]! + u * h[6 + k]! : k < 6 ? h[k]! + v * h[3 + k]! : h[k]!,
  );
}

/** Weights by agreement with the last solution; 0 for weak edges. Returns how many are not weak. */
function weigh(count: number, p: Profiles, swell: number, round: number): number {
  const { strength, weight, sorted, offset } = p;
  let n = 0;
  for (let i = 0; i < count; i++) if (strength[i]! > 0) sorted[n++] = strength[i]!;
  if (n === 0) return 0;
  const strong = nth(sorted, n, (n * 3) >> 2);
  const least = Math.max(LEAST_RISE, WEAK * strong);
  let used = 0;
  for (let i = 0; i < count; i++) {
    weight[i] = 0;
    if (strength[i]! < least) continue;
    weight[i] = 1;
    sorted[used++] = Math.abs(offset[i]! - swell);
  }
  if (used === 0) return 0;
  const middle = nth(sorted, used, used >> 1);
  const scale = Math.max(round === 0 ? 0.5 : 0.12, 3 * middle);
  for (let i = 0; i < count; i++)
    if (weight[i]! > 0) weight[i] = 1 / (1 + ((offset[i]! - swell) / scale) ** 2);
  return used;
}

/** The k-th smallest of the first n, which change places (Hoare's selection). */
function nth(values: Float64Array, n: number, k: number): number {
  let [left, right] = [0, n - 1];
  while (left < right) {
    const pivot = values[(left + right) >> 1]!;
    let [i, j] = [left, right];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const held = values[i]!;
      values[i++] = values[j]!;
      values[j--] = held;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return values[k]!;
}

function spread(count: number, p: Profiles, swell: number): number {
  let [sum, weights] = [0, 0];
  for (let i = 0; i < count; i++) {
    sum += p.weight[i]! * (p.offset[i]! - swell) ** 2;
    weights += p.weight[i]!;
  }
  return Math.sqrt(sum / weights);
}

/** One Gauss-Newton step on `h`, in place; returns the new swelling, NaN when there is none. */
function improve(edges: SymbolEdges, h: Float64Array, p: Profiles, swell: number, sd: number): number {
  normal.fill(0);
  right.fill(0);
  for (let i = 0; i < edges.count; i++) {
    const weight = p.weight[i]!;
    if (weight === 0) continue;
    const [X, Y] = [edges.x[i]!, edges.y[i]!];
    const iw = 1 / (h[6]! * X + h[7]! * Y + 1);
    const [a, b] = [p.nx[i]! * iw, p.ny[i]! * iw];
    const c = -(a * p.u[i]! + b * p.v[i]!);
    row[0] = a * X;
    row[1] = a * Y;
    row[2] = a;
    row[3] = b * X;
    row[4] = b * Y;
    row[5] = b;
    row[6] = c * X;
    row[7] = c * Y;
    row[8] = 1;
    const residual = p.offset[i]! - swell;
    for (let j = 0; j < PARAMETERS; j++) {
      const scaled = weight * row[j]!;
      right[j]! += scaled * residual;
      for (let k = 0; k <= j; k++) normal[j * PARAMETERS + k]! += scaled * row[k]!;
    }
  }
  const prior = Math.max(sd * sd, 1e-4) / SWELL_SD_PX ** 2;
  normal[80]! += prior;
  right[8]! -= prior * swell;
  for (let j = 0; j < PARAMETERS; j++) normal[j * PARAMETERS + j]! *= 1 + 1e-9;
  if (!solvePositive(normal, right, PARAMETERS)) return NaN;
  for (let j = 0; j < 8; j++) h[j]! += right[j]!;
  return swell + right[8]!;
}

function pointsOf(
  edges: SymbolEdges,
  p: Profiles,
  { x_mm, y_mm, size_mm }: PrintedSymbol,
  used: number,
  sd: number,
  originU: number,
  originV: number,
): EdgePoints {
  const points = emptyPoints(used, true);
  let n = 0;
  for (let i = 0; i < edges.count; i++) {
    if (p.weight[i]! === 0) continue;
    points.x_mm[n] = x_mm + edges.x[i]! * size_mm;
    points.y_mm[n] = y_mm + edges.y[i]! * size_mm;
    points.u[n] = originU + p.u[i]! + p.offset[i]! * p.nx[i]!;
    points.v[n] = originV + p.v[i]! + p.offset[i]! * p.ny[i]!;
    points.nx[n] = p.nx[i]!;
    points.ny[n] = p.ny[i]!;
    points.sd[n++] = sd;
  }
  return points;
}

/** Correlation of the modules' lightness with the picture at their middles; 0 when most of them lie outside. */
export function likeness(image: GreyImage, { size, dark }: Modules, h: Homography, du = 0, dv = 0): number {
  const { width, height, data } = image;
  let [n, s, ss, d, sd] = [0, 0, 0, 0, 0];
  for (let r = 0, i = 0; r < size; r++) {
    const Y = (r + 0.5) / size - 0.5;
    for (let c = 0; c < size; c++, i++) {
      const X = (c + 0.5) / size - 0.5;
      const iw = 1 / (h[6]! * X + h[7]! * Y + h[8]!);
      const u = (h[0]! * X + h[1]! * Y + h[2]!) * iw + du;
      const v = (h[3]! * X + h[4]! * Y + h[5]!) * iw + dv;
      if (!(u >= 0 && v >= 0 && u < width - 1 && v < height - 1)) continue;
      const [left, top] = [u | 0, v | 0];
      const at = top * width + left;
      const upper = data[at]! + (data[at + 1]! - data[at]!) * (u - left);
      const lower = data[at + width]! + (data[at + width + 1]! - data[at + width]!) * (u - left);
      const value = upper + (lower - upper) * (v - top);
      n++;
      s += value;
      ss += value * value;
      if (dark[i] === 0) {
        d++;
        sd += value;
      }
    }
  }
  const variance = ss * n - s * s;
  const share = d * n - d * d;
  if (n < 0.4 * size * size || variance <= 0 || share <= 0) return 0;
  return (sd * n - s * d) / Math.sqrt(variance * share);
}
