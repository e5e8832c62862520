/** Find the small square tags (ArUco, DICT_4X4_250) in a grey picture, their corners to a fraction of a pixel. */

import { DICT_4X4_250 } from "./dict4x4";
import { refineQuad, sample } from "./edges";
import { type Point, applyHomography, findHomography } from "./homography";
import { type GreyImage, type Quad, findQuads, halve } from "./quads";

export interface FoundTag {
  readonly id: number;
  /** Top-left, top-right, bottom-right, bottom-left as printed. */
  readonly corners_px: Quad;
}

const ID_BY_BITS = new Map(DICT_4X4_250.map((bits, id) => [bits, id]));
const MODULES = 6; // four data modules between two of the black border
const WHOLE_UP_TO_PX = 1_000_000; // larger pictures are searched at half size and refined at full size
const WINDOWS = [2, 5] as const; // radii of the threshold's neighbourhood
const LEAST_SIDE_PX = 8; // between the outermost dark pixels: 1.5 a module
const MOST_SLENDER = 3;
const MIN_CONTRAST = 24; // grey levels between a tag's black and white

export function findTags(image: GreyImage): FoundTag[] {
  const isHalved = image.width * image.height > WHOLE_UP_TO_PX;
  const searched = isHalved ? halve(image) : image;
  const found = new Map<string, FoundTag>();
  for (const rough of findQuads(searched, WINDOWS)) {
    const quad = isHalved
      ? (rough.map(([x, y]): Point => [2 * x + 0.5, 2 * y + 0.5]) as unknown as Quad)
      : rough;
    const tag = readTag(image, quad, isHalved ? 3 : 2);
    if (tag) found.set(placeOf(tag), found.get(placeOf(tag)) ?? tag);
  }
  return [...found.values()];
}

const SMALL_PX = 30; // a tag up to this side is enlarged before it is searched for
const MOST_SEARCHED_PX = 400_000; // of a crop, enlarged or not: a few milliseconds
const SIDE_OFF = 1.6; // times: how far a side may be from the expected one
const FORGIVEN = 1; // modules

/** A part of the picture, in whole pixels. */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/**
 * Look closer for one tag where it is expected, no farther off than `reach_px`, in those parts of the picture that are
 * given. There one module may be wrong. Null when it does not show.
 */
export function findTagNear(
  image: GreyImage,
  id: number,
  expected: Quad,
  reach_px: number,
  within: readonly Crop[],
): Quad | null {
  const [us, vs] = [expected.map((p) => p[0]), expected.map((p) => p[1])];
  const side = shortest(expected);
  const around = reach_px + side / 2;
  let best: { quad: Quad; wrong: number; away: number } | null = null;
  for (const { x, y, w, h } of within) {
    const left = Math.max(x, Math.floor(Math.min(...us) - around));
    const top = Math.max(y, Math.floor(Math.min(...vs) - around));
    const width = Math.min(x + w, image.width, Math.ceil(Math.max(...us) + around)) - left;
    const height = Math.min(y + h, image.height, Math.ceil(Math.max(...vs) + around)) - top;
    if (!(Math.min(width, height) >= side) || width * height > MOST_SEARCHED_PX) continue;
    const isEnlarged = side < SMALL_PX && 4 * width * height <= MOST_SEARCHED_PX;
    const crop = cropped(image, { x: left, y: top, w: width, h: height }, isEnlarged ? 2 : 1);
    for (const rough of findQuads(crop, WINDOWS)) {
      const scale = isEnlarged ? 0.5 : 1;
      const placed = rough.map(([u, v]): Point => [left + u * scale, top + v * scale]) as unknown as Quad;
      const turned = turnedAs(placed, expected);
      const ratio = shortest(turned) / side;
      const away = Math.hypot(...middleTo(turned, expected));
      if (ratio > SIDE_OFF || ratio < 1 / SIDE_OFF || away > reach_px) continue;
      if (wrongModules(image, turned, id) > FORGIVEN + 1) continue;
      const quad = refined(image, turned, 2);
      const wrong = quad ? wrongModules(image, quad, id) : Infinity;
      if (!quad || wrong > FORGIVEN) continue;
      if (!best || wrong < best.wrong || (wrong === best.wrong && away < best.away))
        best = { quad, wrong, away };
    }
  }
  return best && best.quad;
}

/** A part of the picture, every pixel of it, or one more between any two. */
function cropped({ width, data }: GreyImage, { x, y, w, h }: Crop, times: 1 | 2): GreyImage {
  if (times === 1) {
    const out = new Uint8Array(w * h);
    for (let v = 0; v < h; v++) out.set(data.subarray((y + v) * width + x, (y + v) * width + x + w), v * w);
    return { width: w, height: h, data: out };
  }
  const [across, down] = [2 * w - 1, 2 * h - 1];
  const out = new Uint8Array(across * down);
  for (let v = 0, o = 0; v < down; v++) {
    const row = (y + (v >> 1)) * width + x;
    const next = row + (v & 1) * width;
    for (let u = 0; u < across; u++) {
      const [a, b] = [u >> 1, (u + 1) >> 1];
      out[o++] = (data[row + a]! + data[row + b]! + data[next + a]! + data[next + b]!) >> 2;
    }
  }
  return { width: across, height: down, data: out };
}

function turnedAs(quad: Quad, expected: Quad): Quad {
  const [dx, dy] = middleTo(quad, expected);
  let [best, least] = [quad, Infinity];
  for (let turn = 0; turn < 4; turn++) {
    const turned = [0, 1, 2, 3].map((k) => quad[(k + turn) & 3]!) as unknown as Quad;
    const off = turned.reduce((sum, p, k) => sum + Math.hypot(p[0] + dx - expected[k]![0], p[1] + dy - expected[k]![1]), 0); // prettier-ignore
    if (off < least) [best, least] = [turned, off];
  }
  return best;
}

function middleTo(from: Quad, to: Quad): [number, number] {
  const [dx, dy] = [0, 1].map((k) => to.reduce((sum, p, i) => sum + (p[k]! - from[i]![k]!) / 4, 0));
  return [dx!, dy!];
}

const shortest = (quad: Quad): number => Math.min(...sidesOf(quad));
const longest = (quad: Quad): number => Math.max(...sidesOf(quad));

function sidesOf(quad: Quad): number[] {
  return quad.map(([x, y], k) => Math.hypot(x - quad[(k + 1) & 3]![0], y - quad[(k + 1) & 3]![1]));
}

function wrongModules(image: GreyImage, quad: Quad, id: number): number {
  const bits = readBits(image, quad);
  if (bits === null) return Infinity;
  let wrong = 0;
  for (let differ = bits ^ DICT_4X4_250[id]!; differ !== 0; differ &= differ - 1) wrong++;
  return wrong;
}

/** The same tag found twice lies on the same spot; two tags with one id do not. */
function placeOf({ id, corners_px: [a, , c] }: FoundTag): string {
  return `${id} ${Math.round((a[0] + c[0]) / 16)} ${Math.round((a[1] + c[1]) / 16)}`;
}

function readTag(image: GreyImage, rough: Quad, reach_px: number): FoundTag | null {
  // Cheap first: most quadrilaterals are no tags, and following edges costs more than reading modules.
  if (!isPlausible(rough) || readBits(image, rough) === null) return null;
  const quad = refined(image, rough, reach_px);
  const bits = quad && readBits(image, quad);
  if (!quad || bits === null) return null;
  let turned = bits;
  for (let turn = 0; turn < 4; turn++) {
    const id = ID_BY_BITS.get(turned);
    if (id !== undefined) {
      const corners = [0, 1, 2, 3].map((k) => quad[(k + turn) & 3]!);
      return { id, corners_px: corners as unknown as Quad };
    }
    turned = turnBits(turned);
  }
  return null;
}

/** Large enough for its modules to be told apart, and not seen from the side. */
function isPlausible(quad: Quad): boolean {
  const least = shortest(quad);
  return least >= LEAST_SIDE_PX && longest(quad) <= MOST_SLENDER * least;
}

function refined(image: GreyImage, rough: Quad, reach_px: number): Quad | null {
  const reach = Math.min(reach_px, Math.max(1.5, (0.9 * shortest(rough)) / MODULES));
  const once = refineQuad(image, rough, reach);
  return once && (refineQuad(image, once, Math.min(reach, 2)) ?? once);
}

/** The bits as seen when the next corner is taken for the top left one. */
export function turnBits(bits: number): number {
  let turned = 0;
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++)
      turned = (turned << 1) | ((bits >> (15 - (4 * column + 3 - row))) & 1);
  return turned;
}

/** The 16 data bits, row by row; null when contrast is missing or the border is not dark. */
function readBits(image: GreyImage, quad: Quad): number | null {
  const h = findHomography(
    [
      [0, 0],
      [MODULES, 0],
      [MODULES, MODULES],
      [0, MODULES],
    ],
    quad,
  );
  if (!h) return null;
  const values = new Float32Array(MODULES * MODULES);
  let [darkest, lightest] = [255, 0];
  for (let row = 0; row < MODULES; row++) {
    for (let column = 0; column < MODULES; column++) {
      let sum = 0;
      for (const [dx, dy] of [
        [0.5, 0.5],
        [0.35, 0.35],
        [0.65, 0.35],
        [0.35, 0.65],
        [0.65, 0.65],
      ] as const)
        // prettier-ignore
        sum += sample(image, ...applyHomography(h, column + dx, row + dy));
      const value = sum / 5;
      values[row * MODULES + column] = value;
      darkest = Math.min(darkest, value);
      lightest = Math.max(lightest, value);
    }
  }
  if (lightest - darkest < MIN_CONTRAST) return null;
  const threshold = (darkest + lightest) / 2;
  let [bits, wrong] = [0, 0];
  for (let row = 0; row < MODULES; row++) {
    for (let column = 0; column < MODULES; column++) {
      const isWhite = values[row * MODULES + column]! > threshold;
      const isBorder = row % (MODULES - 1) === 0 || column % (MODULES - 1) === 0;
      if (!isBorder) bits = (bits << 1) | Number(isWhite);
      else if (isWhite) wrong++;
    }
  }
  return wrong <= 1 ? bits : null;
}
