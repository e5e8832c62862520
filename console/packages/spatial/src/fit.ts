/** Fit one pose to all that is measured of a face, together with what is not known for sure of the camera. */

import { type CameraBelief, type Intrinsics, adjusted } from "./camera";
import { solvePositive } from "./linear";
import { PARAMETERS, PER_SYMBOL, eliminate, inverse3 } from "./nuisance";
import type { EdgePoints } from "./points";
import { type Pose, type Vec3, compose, fromRotation, rotation } from "./pose";
import { SLACK, addPriors } from "./priors";

export const HUBER_SD = 3;
/** What neighbouring edges, uneven light and depth of focus do to one symbol's size and not to another's. */
const OWN_SWELL_SD_PX = 0.04;

const STEPS = 30;
const SETTLED = 1e-5; // of the cost

export { PARAMETERS, SLACK };
export type { Slack } from "./priors";

export interface State {
  readonly pose: Pose;
  readonly log_focal: number; // added to the logarithm of the believed focal length
  readonly k1: number; // added to the believed k1
  readonly swell_px: number;
  /** How far the picture moved from its first row to its last: a shutter that rolls while a hand moves. */
  readonly roll_px: readonly [number, number];
  readonly shifts_px: Float64Array; // of each symbol: across, down, and its own swelling
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
  /** For each symbol what its shift follows from: (C + P)⁻¹ (6 numbers), c (3), B (9 x 3). */
  readonly eliminated: Float64Array;
}

export function startAt(pose: Pose, symbols: number): State {
  return {
    pose,
    log_focal: 0,
    k1: 0,
    swell_px: 0,
    roll_px: [0, 0],
    shifts_px: new Float64Array(3 * symbols),
  };
}

/** Null when a point lies behind the camera. `scale`: by how much the measurements' variances are larger than stated. */
export function linearise(
  belief: CameraBelief,
  symbols: readonly EdgePoints[],
  state: State,
  scale = 1,
  slack = SLACK,
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
  const [rollU, rollV] = state.roll_px;
  let measured = 0;
  let cost = 0;
  for (let s = 0; s < symbols.length; s++) {
    const p = symbols[s]!;
    const [du, dv, own] = [state.shifts_px[3 * s]!, state.shifts_px[3 * s + 1]!, state.shifts_px[3 * s + 2]!];
    const at = s * PER_SYMBOL;
    let [c00, c01, c11, c02, c12, c22, e0, e1, e2] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
    const swells = Number(p.isEdge);
    row[8] = swells;
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
      // By where the edge should be, not where it was measured: their product with the residual would not average out.
      const along = (fy * v * bent) / belief.height;
      const residual =
        nx * (p.u[i]! - cx - du - along * rollU) +
        ny * (p.v[i]! - cy - dv - along * rollV) -
        through * bent -
        swells * (state.swell_px + own);
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
      row[9] = nx * along;
      row[10] = ny * along;
      for (let j = 0; j < PARAMETERS; j++) {
        const scaled = weight * row[j]!;
        b[j]! += scaled * residual;
        for (let k = 0; k <= j; k++) a[j * PARAMETERS + k]! += scaled * row[k]!;
        eliminated[at + 9 + 3 * j]! += scaled * nx;
        eliminated[at + 10 + 3 * j]! += scaled * ny;
        eliminated[at + 11 + 3 * j]! += scaled * swells;
      }
      c00 += weight * nx * nx;
      c01 += weight * nx * ny;
      c11 += weight * ny * ny;
      c02 += weight * nx * swells;
      c12 += weight * ny * swells;
      c22 += weight * swells;
      e0 += weight * residual * nx;
      e1 += weight * residual * ny;
      e2 += weight * residual * swells;
    }
    const prior = 1 / (slack.shift_px * slack.shift_px);
    const size = 1 / (OWN_SWELL_SD_PX * OWN_SWELL_SD_PX);
    cost += prior * (du * du + dv * dv) + size * own * own;
    const c = inverse3([c00 + prior, c01, c11 + prior, c02, c12, c22 + size]);
    eliminate(a, b, eliminated, at, c, [e0 - prior * du, e1 - prior * dv, e2 - size * own]);
  }
  cost += measured / scale + addPriors(belief, symbols, state, slack, a, b);
  for (let j = 0; j < PARAMETERS; j++)
    for (let k = 0; k < j; k++) a[k * PARAMETERS + j] = a[j * PARAMETERS + k]!;
  return { a, b, measured, cost, centre, eliminated };
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
  slack = SLACK,
): Fitted | null {
  let state = start;
  let linear = linearise(belief, symbols, state, scale, slack);
  let damping = 1e-6;
  for (let i = 0; linear && i < STEPS; i++) {
    const moved = stepped(state, linear, damping);
    const next = moved && linearise(belief, symbols, moved, scale, slack);
    if (moved && next && next.cost < linear.cost) {
      // A small step that was held back says nothing.
      const isDone = damping < 1e-3 && linear.cost - next.cost < SETTLED * (1e-3 + linear.cost);
      [state, linear, damping] = [moved, next, Math.max(damping / 100, 1e-12)];
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
  for (let s = 0; 3 * s < shifts.length; s++) {
    const at = s * PER_SYMBOL;
    const c = eliminated.subarray(at, at + 6);
    const e = eliminated.slice(at + 6, at + 9);
    for (let j = 0; j < PARAMETERS; j++)
      for (let k = 0; k < 3; k++) e[k]! -= eliminated[at + 9 + 3 * j + k]! * step[j]!;
    shifts[3 * s]! += c[0]! * e[0]! + c[1]! * e[1]! + c[3]! * e[2]!;
    shifts[3 * s + 1]! += c[1]! * e[0]! + c[2]! * e[1]! + c[4]! * e[2]!;
    shifts[3 * s + 2]! += c[3]! * e[0]! + c[4]! * e[1]! + c[5]! * e[2]!;
  }
  return {
    pose: turnedAbout(state.pose, centre, step),
    log_focal: state.log_focal + step[6]!,
    k1: state.k1 + step[7]!,
    swell_px: state.swell_px + step[8]!,
    roll_px: [state.roll_px[0] + step[9]!, state.roll_px[1] + step[10]!],
    shifts_px: shifts,
  };
}

function turnedAbout(pose: Pose, [x, y, z]: Vec3, step: ArrayLike<number>): Pose {
  const r = rotation([step[0]!, step[1]!, step[2]!]);
  // Along the line of sight by a factor: what a longer focal length makes up for is a straight line then.
  const nearer = step[5]! / z;
  const growth = Math.exp(nearer);
  const to = [(x + step[3]! - x * nearer) * growth, (y + step[4]! - y * nearer) * growth, z * growth];
  const t: Vec3 = [
    to[0]! - r[0]! * x - r[1]! * y - r[2]! * z,
    to[1]! - r[3]! * x - r[4]! * y - r[5]! * z,
    to[2]! - r[6]! * x - r[7]! * y - r[8]! * z,
  ];
  return compose(fromRotation(r, t), pose);
}

/** The camera that a state speaks of. */
export const cameraOf = (belief: CameraBelief, { log_focal, k1 }: State): Intrinsics =>
  adjusted(belief, log_focal, k1);
