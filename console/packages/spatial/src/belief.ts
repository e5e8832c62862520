/** Calculate with beliefs about a pose: carry their uncertainty along a motion, and join two of them. */

import { invert, solve } from "./linear";
import { type Pose, compose, inverse, perturb, rotationVector } from "./pose";

export interface PoseBelief {
  readonly pose: Pose;
  /** Row-major 6x6 of a camera-side step (rotation in rad, translation in mm). */
  readonly covariance: readonly number[];
}

/** The camera-side step that leads from one pose to another. */
export function stepBetween(from: Pose, to: Pose): number[] {
  const change = compose(to, inverse(from));
  return [...rotationVector(change), change[3]!, change[7]!, change[11]!];
}

/** The covariance of an error that stays the same on the face while the camera moves from one pose to another. */
export function carryCovariance(covariance: readonly number[], from: Pose, to: Pose): number[] {
  const m = compose(to, inverse(from));
  const [x, y, z] = [m[3]!, m[7]!, m[11]!];
  const cross = [0, -z, y, z, 0, -x, -y, x, 0];
  const adjoint = new Array<number>(36).fill(0);
  for (let r = 0; r < 3; r++)
    for (let c = 0; c < 3; c++) {
      adjoint[6 * r + c] = adjoint[6 * (r + 3) + c + 3] = m[4 * r + c]!;
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += cross[3 * r + k]! * m[4 * k + c]!;
      adjoint[6 * (r + 3) + c] = sum;
    }
  const half = product(adjoint, covariance);
  return half.map((_, i) => {
    const [r, c] = [Math.floor(i / 6), i % 6];
    let sum = 0;
    for (let k = 0; k < 6; k++) sum += half[6 * r + k]! * adjoint[6 * c + k]!;
    return sum;
  });
}

/** How far two beliefs are apart, squared, in units of their joint standard deviation; six degrees of freedom. */
export function disagreement(a: PoseBelief, b: PoseBelief): number {
  const step = stepBetween(a.pose, b.pose);
  const x = solve(
    a.covariance.map((value, i) => value + b.covariance[i]!),
    step,
  );
  return x ? x.reduce((sum, value, i) => sum + value * step[i]!, 0) : Infinity;
}

/**
 * Join two beliefs whose errors may have common causes (the same lens, the same print): covariance intersection.
 * It never claims more than the surer of the two in every direction; averaging a hundred looks adds no false certainty.
 */
export function joinBeliefs(a: PoseBelief, b: PoseBelief): PoseBelief {
  const [ia, ib] = [invert(a.covariance, 6), invert(b.covariance, 6)];
  if (!ia || !ib) return ia ? a : b;
  let best = { share: 0, value: -Infinity };
  for (let i = 0; i <= 8; i++) {
    const value = logDeterminant(ia.map((one, k) => (one * (8 - i) + ib[k]! * i) / 8));
    if (value > best.value) best = { share: i / 8, value };
  }
  const { share } = best;
  const covariance = invert(
    ia.map((one, k) => one * (1 - share) + ib[k]! * share),
    6,
  );
  if (!covariance) return b;
  const step = stepBetween(a.pose, b.pose);
  const pull = [0, 1, 2, 3, 4, 5].map((r) =>
    step.reduce((sum, value, c) => sum + share * ib[6 * r + c]! * value, 0),
  );
  const moved = [0, 1, 2, 3, 4, 5].map((r) =>
    pull.reduce((sum, value, c) => sum + covariance[6 * r + c]! * value, 0),
  );
  return { pose: perturb(a.pose, moved), covariance };
}

function product(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: 36 }, (_, i) => {
    const [r, c] = [Math.floor(i / 6), i % 6];
    let sum = 0;
    for (let k = 0; k < 6; k++) sum += a[6 * r + k]! * b[6 * k + c]!;
    return sum;
  });
}

/** Of a symmetric positive matrix, by Cholesky; -Infinity where it is none. */
function logDeterminant(matrix: readonly number[]): number {
  const l = matrix.slice();
  let sum = 0;
  for (let c = 0; c < 6; c++) {
    for (let k = 0; k < c; k++) l[7 * c]! -= l[6 * c + k]! ** 2;
    if (!(l[7 * c]! > 0)) return -Infinity;
    const pivot = Math.sqrt(l[7 * c]!);
    sum += 2 * Math.log(pivot);
    l[7 * c] = pivot;
    for (let r = c + 1; r < 6; r++) {
      for (let k = 0; k < c; k++) l[6 * r + c]! -= l[6 * r + k]! * l[6 * c + k]!;
      l[6 * r + c]! /= pivot;
    }
  }
  return sum;
}
