/** Find where a labelled face is: its label and tags, all that are seen, joined into one pose. */

import { stepBetween } from "./belief";
import { type CameraBelief, type Intrinsics, intrinsicsOf } from "./camera";
import { type Fitted, HUBER_SD, cameraOf, refineState, startAt } from "./fit";
import type { Point } from "./homography";
import { onFace } from "./onFace";
import { type Seen, bothPoses, mirroredPose } from "./planarPose";
import type { EdgePoints } from "./points";
import type { Pose } from "./pose";
import { predicted } from "./predict";
import { projectFace } from "./project";
import type { GreyImage, Quad } from "./quads";
import type { PrintedSymbol } from "./register";
import { type Sight, type Symbol, symbolsOf } from "./sights";
import type { Modules } from "./symbols";
import type { FoundTag } from "./tags";
import { type Finished, type Joint, TOLD_APART, finish } from "./uncertainty";

export interface FoundLabel {
  readonly text: string;
  /** Pixel-centre convention; top-left, top-right, bottom-right, bottom-left as printed. */
  readonly corners_px: Quad;
  /** Seen in a mirror, or by a camera that mirrors its pictures: then no pose can be told from them. */
  readonly is_mirrored?: boolean;
}

/** What vision needs to know of a labelled face (the server's `Layout`). */
export interface FaceLayout {
  readonly face?: { readonly width_mm: number; readonly height_mm: number };
  readonly label?: (PrintedSymbol & { readonly text: string }) | null;
  readonly tags: readonly (PrintedSymbol & { readonly id: number })[];
}

export interface Located {
  readonly pose: Pose;
  /** Row-major 6x6 of a camera-side step (rotation in rad, translation in mm), `camera` taken as it is. */
  readonly covariance: number[];
  /** Row-major 8x8: the same step, then the logarithm of the focal length and k1. */
  readonly joint: Joint;
  /** The camera as it fits this picture best: the pose goes with it. */
  readonly camera: Intrinsics;
  /** Root mean square of the residuals in units of their sd: about 1 when those are right. */
  readonly misfit: number;
  /** How much worse the other planar solution explains the picture, in squared sd. */
  readonly margin: number;
  /** One symbol alone, and it may as well be tilted the other way. */
  readonly isAmbiguous?: boolean;
  readonly label_seen: boolean;
  readonly tags_seen: readonly number[];
  /** Of those, the ones that no detector found: registered where the others say they are. */
  readonly held: readonly string[];
}

/** What a picture says about a face. */
export interface Look {
  /** Null when nothing of the layout is seen, or what is seen can not lie on one face. */
  readonly located: Located | null;
  /** Symbols that contradict the layout ("label", "tag 7"): wrongly attached, of a neighbour, or misread. */
  readonly strangers: readonly string[];
  readonly is_mirrored: boolean;
  /** What was measured, for calibration; null when nothing is located. */
  readonly measured: { readonly symbols: readonly EdgePoints[]; readonly pose: Pose } | null;
}

interface Region {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface LookOptions {
  /** The picture itself: with it, symbols are registered by all their edges and not by corners alone. */
  readonly image?: GreyImage;
  /** The parts of the picture that are of this moment, where not all of it is. */
  readonly fresh?: readonly Region[];
  /** The modules of a label that was read before. */
  readonly recall?: (text: string) => Modules | null;
  /** Where the face should be, as tracked, and the camera that goes with it: symbols are looked for there as well. */
  readonly expected?: { readonly pose: Pose; readonly camera: Intrinsics } | null;
}

/** A symbol this far off in every way of fitting it is not of this face, or not where the layout says. */
const STRANGER_SD = 25;
const STRANGER_PX = 4;
const EXPLAINED = 4; // squared sd per measurement
const RIVAL_TURN_RAD = 0.02;
const RIVAL_HOPELESS = 60; // in squared sd, by corners: then the edges need not be asked

/** Null when nothing of the layout is seen, or what is seen can not lie on one face. */
export function locate(
  layout: FaceLayout,
  camera: CameraBelief,
  labels: readonly FoundLabel[],
  tags: readonly FoundTag[],
  options: LookOptions = {},
): Located | null {
  return look(layout, camera, labels, tags, options).located;
}

export function look(
  layout: FaceLayout,
  camera: CameraBelief,
  labels: readonly FoundLabel[],
  tags: readonly FoundTag[],
  options: LookOptions = {},
): Look {
  const is_mirrored = labels.some((label) => label.is_mirrored);
  const nothing: Look = { located: null, strangers: [], is_mirrored, measured: null };
  if (is_mirrored) return nothing;
  const symbols = symbolsOf(layout, labels, tags, options);
  const agreed = symbols.length > 0 ? agree(camera, symbols) : null;
  if (!agreed) return nothing;
  const { kept, strangers } = agreed;
  if (isContradiction(kept, strangers)) return { ...nothing, strangers };
  let found = joinedFit(camera, kept, agreed.pose);
  if (!found) return nothing;
  const held = predicted(layout, camera, kept, found, options, strangers);
  if (held.length > 0) {
    const joined = joinedFit(camera, [...kept, ...held], found.fitted.state.pose);
    if (joined) {
      found = joined;
      kept.push(...held);
    }
  }
  const foreign = foreignTags(layout, cameraOf(camera, found.fitted.state), found, tags, kept);
  if (foreign.some((one) => one.isInPlace) && !kept.some((one) => one.tag !== null))
    return { ...nothing, strangers: foreign.map((one) => one.name) };
  return {
    located: locatedOf(layout, camera, kept, found),
    strangers: [...strangers, ...foreign.map((one) => one.name)],
    is_mirrored,
    measured: { symbols: kept.map((one) => one.points), pose: found.fitted.state.pose },
  };
}

/** One sighting of each symbol, chosen so that they agree on a pose. */
interface Agreed {
  readonly pose: Pose;
  readonly kept: Sight[];
  readonly strangers: string[];
}

/** Start from both planar solutions of every symbol, and of all together; keep what explains most. */
function agree(camera: CameraBelief, symbols: readonly Symbol[]): Agreed | null {
  let best: (Agreed & { cost: number }) | null = null;
  const together = symbols.length > 1 ? [symbols.map((one) => one.sights[0]!)] : [];
  const singles = symbols.flatMap((one) => one.sights.map((sight) => [sight]));
  for (const group of [...together, ...singles]) {
    for (const { pose } of bothPoses(camera, group.flatMap(cornersSeen))) {
      const chosen = symbols.map(({ sights }) => nearest(sights, camera, pose));
      const one = agreement(camera, chosen, pose);
      if (one && (!best || one.cost < best.cost)) best = one;
    }
    if (best && best.strangers.length === 0 && best.cost < EXPLAINED * 8 * symbols.length) break;
  }
  return best;
}

function agreement(
  camera: CameraBelief,
  chosen: readonly Sight[],
  start: Pose,
): (Agreed & { cost: number }) | null {
  let kept = [...chosen];
  let fitted = cornerFit(camera, kept, start);
  if (!fitted) return null;
  const { state } = fitted;
  const near = kept.filter((one) => !isStranger(one, cameraOf(camera, state), state.pose));
  if (near.length === 0) return null;
  if (near.length < kept.length) {
    fitted = cornerFit(camera, near, state.pose);
    if (!fitted) return null;
  }
  kept = near;
  const strangers = chosen.filter((one) => !kept.includes(one)).map((one) => one.name);
  // A stranger's cost is bounded, so that one wrong tag can not outvote two right ones.
  const cost = fitted.linear.cost + 2 * HUBER_SD * STRANGER_SD * strangers.length;
  return { pose: fitted.state.pose, kept, strangers, cost };
}

function cornerFit(camera: CameraBelief, sights: readonly Sight[], pose: Pose): Fitted | null {
  return refineState(
    camera,
    sights.map((one) => one.corners),
    startAt(pose, sights.length),
  );
}

function cornersSeen({ corners_mm, corners_px, sd_px }: Sight): Seen[] {
  return corners_mm.map((face_mm, k) => ({ face_mm, pixel: corners_px[k]!, sigma_px: sd_px }));
}

function gapOf({ corners_mm, corners_px }: Sight, camera: Intrinsics, pose: Pose): number {
  let sum = 0;
  corners_mm.forEach(([x, y], k) => {
    const p = projectFace(camera, pose, [x, y, 0]);
    sum += p ? (p[0] - corners_px[k]![0]) ** 2 + (p[1] - corners_px[k]![1]) ** 2 : Infinity;
  });
  return Math.sqrt(sum / corners_mm.length);
}

function nearest(sights: readonly Sight[], camera: Intrinsics, pose: Pose): Sight {
  if (sights.length === 1) return sights[0]!;
  const gaps = sights.map((one) => gapOf(one, camera, pose));
  return sights[gaps.indexOf(Math.min(...gaps))]!;
}

function isStranger(sight: Sight, camera: Intrinsics, pose: Pose): boolean {
  return !(gapOf(sight, camera, pose) <= Math.max(STRANGER_SD * sight.sd_px, STRANGER_PX));
}

/** A label that its tags contradict hangs on the wrong device; of two symbols that disagree, neither can be believed. */
function isContradiction(kept: readonly Sight[], strangers: readonly string[]): boolean {
  return strangers.includes("label") || strangers.length >= kept.length;
}

/** Over all edges, with the other planar solution as rival. */
function joinedFit(camera: CameraBelief, sights: readonly Sight[], pose: Pose): Finished | null {
  const points = sights.map((one) => one.points);
  const first = refineState(camera, points, startAt(pose, sights.length));
  return first && finish(camera, points, first, rivalOf(camera, sights, points, first));
}

function rivalOf(
  camera: CameraBelief,
  sights: readonly Sight[],
  points: readonly EdgePoints[],
  { state }: Fitted,
): Fitted | null {
  const turned = (pose: Pose) => Math.hypot(...stepBetween(state.pose, pose).slice(0, 3)) > RIVAL_TURN_RAD;
  const seen = sights.flatMap(cornersSeen);
  const [best, ...others] = bothPoses(camera, seen);
  const other = best && others.find(({ pose }) => turned(pose));
  const rows = Math.max(1, 8 * sights.length - 6);
  const worse = best && other ? rows * (other.misfit ** 2 - best.misfit ** 2) : 0;
  if (best && worse > RIVAL_HOPELESS * Math.max(1, best.misfit ** 2)) return null;
  // Corners of a small symbol may lead to one of the two alone.
  for (const start of [mirroredPose(state.pose, seen), other?.pose]) {
    const fitted = start && refineState(camera, points, startAt(start, sights.length));
    if (fitted && turned(fitted.state.pose)) return fitted;
  }
  return null;
}

/** Tags on the face that are not of its layout; `isInPlace`: just where one of its own should be. */
function foreignTags(
  layout: FaceLayout,
  camera: Intrinsics,
  found: Finished,
  tags: readonly FoundTag[],
  kept: readonly Sight[],
): { name: string; isInPlace: boolean }[] {
  const { pose } = found.fitted.state;
  const free = layout.tags.filter(({ id }) => !kept.some((one) => one.tag === id));
  return tags.flatMap(({ id, corners_px }) => {
    if (layout.tags.some((tag) => tag.id === id)) return [];
    const middle: Point = [0, 1].map((k) => corners_px.reduce((sum, p) => sum + p[k]! / 4, 0)) as never;
    const side = Math.hypot(corners_px[0][0] - corners_px[1][0], corners_px[0][1] - corners_px[1][1]);
    const isInPlace = free.some(({ x_mm, y_mm }) => {
      const at = projectFace(camera, pose, [x_mm, y_mm, 0]);
      return at !== null && Math.hypot(at[0] - middle[0], at[1] - middle[1]) < 0.75 * side;
    });
    return isInPlace ? [{ name: `tag ${id}`, isInPlace }] : [];
  });
}

function locatedOf(
  layout: FaceLayout,
  belief: CameraBelief,
  kept: readonly Sight[],
  { fitted, whole, misfit, rival_gap }: Finished,
): Located {
  const xs = kept.flatMap((one) => one.corners_mm.map((p) => p[0]));
  const ys = kept.flatMap((one) => one.corners_mm.map((p) => p[1]));
  const { width_mm, height_mm } = layout.face ?? { width_mm: 0, height_mm: 0 };
  const extent = {
    left: Math.min(0, ...xs),
    top: Math.min(0, ...ys),
    right: Math.max(width_mm, ...xs),
    bottom: Math.max(height_mm, ...ys),
  };
  return {
    ...onFace(whole, fitted, belief, extent),
    camera: intrinsicsOf(cameraOf(belief, fitted.state)),
    misfit,
    margin: rival_gap,
    isAmbiguous: kept.length === 1 && rival_gap < TOLD_APART,
    label_seen: kept.some((one) => one.tag === null),
    tags_seen: kept.flatMap((one) => (one.tag === null ? [] : [one.tag])),
    held: kept.filter((one) => one.isHeld).map((one) => one.name),
  };
}
