/** Take out of a fit what each symbol is off by as a whole: across, down, and in size. */

import type { Vec3 } from "./pose";

/** pose (turn about the symbols' middle, move), logarithm of the focal length, k1, swelling, roll (across, down). */
export const PARAMETERS = 11;

/** Numbers kept of each symbol: the inverse (6), the right side (3), and how the parameters mix in (3 each). */
export const PER_SYMBOL = 9 + 3 * PARAMETERS;

export type Six = readonly [number, number, number, number, number, number];

/** Of a symmetric 3x3 given as 00, 01, 11, 02, 12, 22; in the same order. */
export function inverse3([a, b, c, d, e, f]: Six): Six {
  const [m00, m01, m02] = [c * f - e * e, d * e - b * f, b * e - c * d];
  const s = 1 / (a * m00 + b * m01 + d * m02);
  return [m00 * s, m01 * s, (a * f - d * d) * s, m02 * s, (b * d - a * e) * s, (a * c - b * b) * s];
}

/** Take a symbol's shift out of the lower triangle of the normal equations. */
export function eliminate(
  a: Float64Array,
  b: Float64Array,
  store: Float64Array,
  at: number,
  c: Six,
  e: Vec3,
): void {
  store.set(c, at);
  store.set(e, at + 6);
  for (let j = 0; j < PARAMETERS; j++) {
    const [p, q, r] = [store[at + 9 + 3 * j]!, store[at + 10 + 3 * j]!, store[at + 11 + 3 * j]!];
    const w0 = p * c[0] + q * c[1] + r * c[3];
    const w1 = p * c[1] + q * c[2] + r * c[4];
    const w2 = p * c[3] + q * c[4] + r * c[5];
    b[j]! -= w0 * e[0] + w1 * e[1] + w2 * e[2];
    for (let k = 0; k <= j; k++) {
      const of = at + 9 + 3 * k;
      a[j * PARAMETERS + k]! -= w0 * store[of]! + w1 * store[of + 1]! + w2 * store[of + 2]!;
    }
  }
}
