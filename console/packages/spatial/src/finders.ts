/** Place a QR symbol to a fraction of a pixel by its three finder squares, whose edges are long and straight. */

import { refineQuad } from "./edges";
import { type Point, applyHomography, findHomography } from "./homography";
import type { GreyImage, Quad } from "./quads";

const FINDER = 7; // modules along a finder square
const LEAST_MODULE_PX = 1.6; // below, neighbouring edges run into one another
const LARGEST_SHIFT = 0.9; // modules: a refined corner farther from its guess belongs to something else

/** A point of the symbol, as parts of its side from its top left, and where it is seen. */
export interface SymbolPoint {
  readonly at: Point;
  readonly pixel: Point;
}

/** The corners of those finder squares that could be placed, from the symbol's rough corners; maybe none. */
export function refineFinders(image: GreyImage, corners: Quad, modules: number): SymbolPoint[] {
  const h = findHomography(
    [
      [0, 0],
      [modules, 0],
      [modules, modules],
      [0, modules],
    ],
    corners,
  );
  if (!h || modulePx(corners, modules) < LEAST_MODULE_PX) return [];
  const size = modulePx(corners, modules);
  const far = modules - FINDER;
  return [[0, 0], [far, 0], [0, far]].flatMap(([x, y]) => {
    const at = squareAt(x!, y!);
    const guess = at.map((p) => applyHomography(h, p[0], p[1])) as unknown as Quad;
    const found = refineQuad(image, guess, Math.min(4, 0.8 * size));
    if (!found || found.some((p, k) => distance(p, guess[k]!) > LARGEST_SHIFT * size)) return [];
    return at.map((p, k): SymbolPoint => ({ at: [p[0] / modules, p[1] / modules], pixel: found[k]! }));
  }); // prettier-ignore
}

function squareAt(x: number, y: number): Quad {
  return [
    [x, y],
    [x + FINDER, y],
    [x + FINDER, y + FINDER],
    [x, y + FINDER],
  ];
}

function modulePx(corners: Quad, modules: number): number {
  return Math.min(...corners.map((p, k) => distance(p, corners[(k + 1) & 3]!))) / modules;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
