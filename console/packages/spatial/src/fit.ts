/** Fit one pose to all that is measured of a face, together with what is not known for sure of the camera. */

import { type CameraBelief, type Intrinsics, adjusted, surenessOf } from "./camera";
import { solvePositive } from "./linear";
import type { EdgePoints } from "./points";
import { type Pose, type Vec3, compose, fromRotation, rotation } from "./pose";

export const HUBER_SD = 3;
/** Blur and the camera's gamma make all dark areas of a picture a little larger or smaller than they are. */
export const SWELL_SD_PX = 0.15;
/** Print, lens and rolling shutter move each symbol as a whole. */
export const SHIFT_SD_PX = 0.03;

/** pose (turn about the symbols' middle, move), logarithm of the focal length, k1, swelling. */
export const PARAMETERS = 9;
const STEPS = 30;

export interface State {
  readonly pose: Pose;
  readonly log_focal: number; // added to the logarithm of the believed focal length
  readonly k1: number; // added to the believed k1
  readonly swell_px: number;
  readonly shifts_px: Float64Array; // two of each symbol
}

/** Normal equations at a state, the symbols' shifts eliminated. Valid until the next call. */
export interface Linear {
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** Huber's cost of the measurements in squared standard deviations, without and with the priors. */
  readonly measured: number;
  readonly cost: number;
  /** Centre of turns, in camera millimetres. */
  readonly centre: Vec3;
  /** For each symbol what its shift follows from: (C + P)⁻¹ (3 numbers), c (2), B (9 x 2). */
  readonly eliminated: Float64Array;
}

const PER_SYMBOL = 5 + 2 * PARAMETERS;

export function startAt(pose: Pose, symbols: number): State {
  return { pose, log_focal: 0, k1: 0, swell_px: 0, shifts_px: new Float64Array(2 * symbols) };
}

/** Null when a point lies behind the camera. `scale`: by how much the measurements' variances are larger than stated. */
export function linearise(
  belief: CameraBelief,
  symbols: readonly EdgePoints[],
  state: State,
  scale = 1,
  shift_sd = SHIFT_SD_PX,
): Linear | null {
  const { fx, fy, cx, cy, k1 } = adjusted(belief, state.log_focal, state.k1);
  const [r0, r1, , t0, r4, r5, , t1, r8, r9, , t2] = state.pose as number[] as [
    number, number, number, number, number, number, number, number, number, number, number, number,
  ]; // prettier-ignore
  const [mx, my] = middleOf(symbols);
  const centre: Vec3 = [r0 * mx + r1 * my + t0, r4 * mx + r5 * my + t1, r8 * mx + r9 * my + t2];
  const a = new Float64Array(PARAMETERS * PARAMETERS);
  const b = new Float64Array(PARAMETERS);
  const eliminated = new Float64Array(PER_SYMBOL * symbols.length);
  const row = new Float64Array(PARAMETERS);
  let measured = 0;
  let cost = 0;
  for (let s = 0; s < symbols.length; s++) {
    const p = symbols[s]!;
    const [du, dv] = [state.shifts_px[2 * s]!, state.shifts_px[2 * s + 1]!];
    const at = s * PER_SYMBOL;
    let [c00, c01, c11, e0, e1] = [0, 0, 0, 0, 0];
    row[8] = Number(p.isEdge);
    for (let i = 0; i < p.count; i++) {
      const [x, y, nx, ny] = [p.x_mm[i]!, p.y_mm[i]!, p.nx[i]!, p.ny[i]!];
      const [X, Y, Z] = [r0 * x + r1 * y + t0, r4 * x + r5 * y + t1, r8 * x + r9 * y + t2];
      if (!(Z > 1)) return null;
      const iz = 1 / Z;
      const [u, v] = [X * iz, Y * iz];
      const rr = u * u + v * v;
      const bent = 1 + k1 * rr;
      const [nu, nv] = [nx * fx, ny * fy];
      const through = nu * u + nv * v;
      const residual =
        nx * (p.u[i]! - cx - du) + ny * (p.v[i]! - cy - dv) - through * bent - row[8] * state.swell_px;
      const inverse = 1 / p.sd[i]!;
      const z = Math.abs(residual) * inverse;
      const weight = ((z > HUBER_SD ? HUBER_SD / z : 1) * inverse * inverse) / scale;
      measured += z > HUBER_SD ? 2 * HUBER_SD * z - HUBER_SD * HUBER_SD : z * z;
      const twice = 2 * k1 * through;
      const gX = (nu * bent + twice * u) * iz;
      const gY = (nv * bent + twice * v) * iz;
      const gZ = -(gX * u + gY * v);
      const [qx, qy, qz] = [X - centre[0], Y - centre[1], Z - centre[2]];
      row[0] = qy * gZ - qz * gY;
      row[1] = qz * gX - qx * gZ;
      row[2] = qx * gY - qy * gX;
      row[3] = gX;
      row[4] = gY;
      row[5] = gZ;
      row[6] = through * bent;
      row[7] = through * rr;
      for (let j = 0; j < PARAMETERS; j++) {
        const scaled = weight * row[j]!;
        b[j]! += scaled * residual;
        for (let k = 0; k <= j; k++) a[j * PARAMETERS + k]! += scaled * row[k]!;
        eliminated[at + 5 + 2 * j]! += scaled * nx;
        eliminated[at + 6 + 2 * j]! += scaled * ny;
      }
      c00 += weight * nx * nx;
      c01 += weight * nx * ny;
      c11 += weight * ny * ny;
      e0 += weight * residual * nx;
      e1 += weight * residual * ny;
    }
    const prior = 1 / (shift_sd * shift_sd);
    cost += prior * (du * du + dv * dv);
    eliminate(a, b, eliminated, at, [c00 + prior, c01, c11 + prior], [e0 - prior * du, e1 - prior * dv]);
  }
  cost += measured / scale + addPriors(belief, state, a, b);
  for (let j = 0; j < PARAMETERS; j++)
    for (let k = 0; k < j; k++) a[k * PARAMETERS + j] = a[j * PARAMETERS + k]!;
  return { a, b, measured, cost, centre, eliminated };
}

/** Take a symbol's shift out of the lower triangle of the normal equations. */
function eliminate(
  a: Float64Array,
  b: Float64Array,
  store: Float64Array,
  at: number,
  [c00, c01, c11]: Vec3,
  [e0, e1]: readonly [number, number],
): void {
  const determinant = c00 * c11 - c01 * c01;
  const [i00, i01, i11] = [c11 / determinant, -c01 / determinant, c00 / determinant];
  store.set([i00, i01, i11, e0, e1], at);
  for (let j = 0; j < PARAMETERS; j++) {
    const [p, q] = [store[at + 5 + 2 * j]!, store[at + 6 + 2 * j]!];
    const [w0, w1] = [p * i00 + q * i01, p * i01 + q * i11];
    b[j]! -= w0 * e0 + w1 * e1;
    for (let k = 0; k <= j; k++)
      a[j * PARAMETERS + k]! -= w0 * store[at + 5 + 2 * k]! + w1 * store[at + 6 + 2 * k]!;
  }
}

function addPriors(belief: CameraBelief, state: State, a: Float64Array, b: Float64Array): number {
  const { focal_sd, k1_sd } = surenessOf(belief);
  let cost = 0;
  const add = (j: number, value: number, sd: number): void => {
    const prior = 1 / (sd * sd);
    a[j * (PARAMETERS + 1)]! += prior;
    b[j]! -= prior * value;
    cost += prior * value * value;
  };
  add(6, state.log_focal, Math.max(focal_sd, 1e-5));
  add(7, state.k1, Math.max(k1_sd, 1e-5));
  add(8, state.swell_px, SWELL_SD_PX);
  return cost;
}

export function middleOf(symbols: readonly EdgePoints[]): [number, number] {
  let [x, y] = [0, 0];
  for (const p of symbols) {
    const step = Math.max(1, p.count >> 4); // a few points tell a symbol's middle
    let [sx, sy, n] = [0, 0, 0];
    for (let i = 0; i < p.count; i += step, n++) [sx, sy] = [sx + p.x_mm[i]!, sy + p.y_mm[i]!];
    [x, y] = [x + sx / n, y + sy / n];
  }
  return [x / symbols.length, y / symbols.length];
}

export interface Fitted {
  readonly state: State;
  readonly linear: Linear;
}

/** Levenberg-Marquardt from a start; null when it lies behind the camera. */
export function refineState(
  belief: CameraBelief,
  symbols: readonly EdgePoints[],
  start: State,
  scale = 1,
  shift_sd = SHIFT_SD_PX,
): Fitted | null {
  let state = start;
  let linear = linearise(belief, symbols, state, scale, shift_sd);
  let damping = 1e-4;
  for (let i = 0; linear && i < STEPS; i++) {
    const moved = stepped(state, linear, damping);
    const next = moved && linearise(belief, symbols, moved, scale, shift_sd);
    if (moved && next && next.cost < linear.cost) {
      const isDone = linear.cost - next.cost < 1e-6 * (1e-3 + linear.cost);
      [state, linear, damping] = [moved, next, Math.max(damping / 10, 1e-9)];
      if (isDone) break;
    } else {
      damping *= 30;
      if (damping > 1e6) break;
    }
  }
  return linear && { state, linear };
}

function stepped(state: State, { a, b, centre, eliminated }: Linear, damping: number): State | null {
  const damped = a.slice();
  for (let j = 0; j < PARAMETERS; j++) damped[j * (PARAMETERS + 1)]! *= 1 + damping;
  const step = b.slice();
  if (!solvePositive(damped, step, PARAMETERS)) return null;
  // Far from the solution the linear model promises too much.
  const turn = Math.hypot(step[0]!, step[1]!, step[2]!) / 0.5;
  const move = Math.hypot(step[3]!, step[4]!, step[5]!) / (0.5 * Math.abs(centre[2]) + 1);
  const shrink = Math.max(1, turn, move, Math.abs(step[6]!) / 0.2, Math.abs(step[7]!) / 0.1);
  for (let j = 0; j < PARAMETERS; j++) step[j]! /= shrink;
  const shifts = state.shifts_px.slice();
  for (let s = 0; 2 * s < shifts.length; s++) {
    const at = s * PER_SYMBOL;
    let [e0, e1] = [eliminated[at + 3]!, eliminated[at + 4]!];
    for (let j = 0; j < PARAMETERS; j++) {
      e0 -= eliminated[at + 5 + 2 * j]! * step[j]!;
      e1 -= eliminated[at + 6 + 2 * j]! * step[j]!;
    }
    shifts[2 * s]! += eliminated[at]! * e0 + eliminated[at + 1]! * e1;
    shifts[2 * s + 1]! += eliminated[at + 1]! * e0 + eliminated[at + 2]! * e1;
  }
  return {
    pose: turnedAbout(state.pose, centre, step),
    log_focal: state.log_focal + step[6]!,
    k1: state.k1 + step[7]!,
    swell_px: state.swell_px + step[8]!,
    shifts_px: shifts,
  };
}

function turnedAbout(pose: Pose, [x, y, z]: Vec3, step: ArrayLike<number>): Pose {
  const r = rotation([step[0]!, step[1]!, step[2]!]);
  const t: Vec3 = [
    x + step[3]! - r[0]! * x - r[1]! * y - r[2]! * z,
    y + step[4]! - r[3]! * x - r[4]! * y - r[5]! * z,
    z + step[5]! - r[6]! * x - r[7]! * y - r[8]! * z,
  ];
  return compose(fromRotation(r, t), pose);
}

/** The camera that a state speaks of. */
export const cameraOf = (belief: CameraBelief, { log_focal, k1 }: State): Intrinsics =>
  adjusted(belief, log_focal, k1);
