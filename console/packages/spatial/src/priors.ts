/** Say what is known of a picture before it is taken: of its camera, of blur, and of the hand that holds it. */

import { type CameraBelief, type Intrinsics, surenessOf } from "./camera";
import type { State } from "./fit";
import { PARAMETERS } from "./nuisance";
import type { EdgePoints } from "./points";

/** Blur and the camera's gamma make all dark areas of a picture a little larger or smaller than they are. */
export const SWELL_SD_PX = 0.15;
/** What is allowed for beside pose and camera, as standard deviations. */
export interface Slack {
  /** By how much a hand moves while a rolling shutter goes from the first row to the last. */
  readonly rolled_mm: number;
  /** By how much it turns: what that moves the picture, as a part of its longer side. */
  readonly rolled_share: number;
  /** Print and lens move each symbol as a whole. */
  readonly shift_px: number;
}

/** A hand that moves 75 mm in a second, which is much in a close-up, before a shutter that takes 1/60 s from top to bottom. */
export const SLACK: Slack = { rolled_mm: 1.25, rolled_share: 0.0012, shift_px: 0.03 };
/** Add to the lower triangle of the normal equations what is known before a picture is taken; returns its cost. */
export function addPriors(
  belief: CameraBelief,
  symbols: readonly EdgePoints[],
  state: State,
  slack: Slack,
  a: Float64Array,
  b: Float64Array,
): number {
  const { focal_sd, k1_sd } = surenessOf(belief);
  const roll_px = rollOf(belief, symbols, slack);
  let cost = 0;
  const add = (j: number, value: number, sd: number): void => {
    const prior = 1 / (sd * sd);
    a[j * (PARAMETERS + 1)]! += prior;
    b[j]! -= prior * value;
    cost += prior * value * value;
  };
  add(6, state.log_focal, Math.max(focal_sd, 1e-7));
  add(7, state.k1, Math.max(k1_sd, 1e-7));
  add(8, state.swell_px, SWELL_SD_PX);
  add(9, state.roll_px[0], roll_px);
  add(10, state.roll_px[1], roll_px);
  return cost;
}

/** How far the picture may have moved from its first row to its last: the standard deviation. */
function rollOf(
  belief: Intrinsics,
  symbols: readonly EdgePoints[],
  { rolled_mm, rolled_share }: Slack,
): number {
  const pixelsPerMm = symbols.reduce((sum, p) => sum + sizeOf(p), 0) / symbols.length;
  return Math.hypot(rolled_mm * pixelsPerMm, rolled_share * Math.max(belief.width, belief.height));
}

/** Of a symbol in the picture: pixels to a millimetre. */
function sizeOf(p: EdgePoints): number {
  const [mm, px] = [[p.x_mm, p.y_mm], [p.u, p.v]].map((columns) =>
    columns.reduce((total, values) => {
      let [sum, squares] = [0, 0];
      for (let i = 0; i < p.count; i++) {
        const value = values[i]! - values[0]!;
        [sum, squares] = [sum + value, squares + value * value];
      }
      return total + squares / p.count - (sum / p.count) ** 2;
    }, 0),
  ); // prettier-ignore
  return Math.sqrt(px! / mm!);
}
