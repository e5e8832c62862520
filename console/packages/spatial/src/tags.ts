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

/** The same tag found twice lies on the same spot; two tags with one id do not. */
function placeOf({ id, corners_px: [a, , c] }: FoundTag): string {
  return `${id} ${Math.round((a[0] + c[0]) / 16)} ${Math.round((a[1] + c[1]) / 16)}`;
}

function readTag(image: GreyImage, rough: Quad, reach_px: number): FoundTag | null {
  // Cheap first: most quadrilaterals are no tags, and following edges costs more than reading modules.
  if (readBits(image, rough) === null) return null;
  const side = Math.min(
    ...rough.map((p, k) => Math.hypot(p[0] - rough[(k + 1) & 3]![0], p[1] - rough[(k + 1) & 3]![1])),
  );
  const reach = Math.min(reach_px, Math.max(1.5, (0.9 * side) / MODULES));
  const once = refineQuad(image, rough, reach);
  const quad = once && (refineQuad(image, once, Math.min(reach, 2)) ?? once);
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
