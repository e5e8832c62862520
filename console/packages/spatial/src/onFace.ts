/** Tell a fit to those who draw by its pose alone, with the camera as found and a shutter that does not roll. */

import type { CameraBelief, Intrinsics } from "./camera";
import { type Fitted, type State, cameraOf } from "./fit";
import type { Point } from "./homography";
import { invert, solve } from "./linear";
import { type Pose, type Vec3, perturb, transform } from "./pose";
import { cameraJacobian, projectCamera, stepJacobian } from "./project";
import { type Joint, type Whole, sandwich } from "./uncertainty";

/** Where on the face points may be asked for, in millimetres. */
export interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface OnFace {
  readonly pose: Pose;
  readonly joint: Joint;
  /** 6x6 of the pose, for those who take the camera as found. */
  readonly covariance: number[];
}

const [ACROSS, DOWN] = [13, 3]; // points of the face
const [ENOUGH, BESIDE] = [8, 0.2]; // of them in the picture, or no farther beside it than a part of its size
const DOMINATED = 0.8; // of the points: no pose's covariance tells what a camera's does everywhere
const ROUNDS = 4;
const BEHIND_MM = 1;
const FLOOR_PX2 = 1e-4; // of a variance: no point weighs more

/** A point of the face: where it is in the picture, how it moves with the unknowns (2 x 10), and with what variance. */
interface Place {
  readonly face: Vec3;
  readonly pixel: Point;
  readonly moves: readonly number[];
  readonly variance: number;
}

/**
 * What is unsure of the camera, and what the shutter did, as steps of the pose that move the face's points in the picture
 * most nearly alike: those points first that are known best.
 */
export function onFace(whole: Whole, fitted: Fitted, belief: CameraBelief, extent: Extent): OnFace {
  const camera = cameraOf(belief, fitted.state);
  const places = placesOf(whole, fitted.state.pose, camera, extent);
  const { pose, left_mm2 } = rolled(fitted.state, camera, places);
  const alike = alikeOf(places);
  const covariance = sandwich(steps(alike, 0), whole, 6, 10);
  const short = places
    .map(({ moves, variance }) => variance / Math.max(varianceOf(moves, covariance, 6), FLOOR_PX2))
    .sort((a, b) => a - b);
  const worst = Math.max(1, short[Math.floor(DOMINATED * (short.length - 1))] ?? 1);
  const joint = sandwich(steps(alike, 2), whole, 8, 10);
  const told = covariance.map((value) => value * worst);
  for (const i of [3, 4]) {
    joint[9 * i]! += left_mm2;
    told[7 * i]! += left_mm2;
  }
  return { pose, joint, covariance: told };
}

/** The pose that shows the face's points where a shutter that rolled has put them, and by how much it cannot. */
function rolled(
  { pose: still, roll_px: [u, v] }: State,
  camera: Intrinsics,
  places: readonly Place[],
): { pose: Pose; left_mm2: number } {
  let [pose, left_mm2] = [still, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const [normal, right] = [new Array<number>(36).fill(0), new Array<number>(6).fill(0)];
    let shares = 0;
    left_mm2 = 0;
    for (const { face, pixel, variance } of places) {
      const p = transform(pose, face);
      const seen = projectCamera(camera, p);
      if (!seen) return { pose: still, left_mm2 };
      const down = downOf(pixel, camera);
      const [j, gap] = [
        stepJacobian(camera, p),
        [pixel[0] + down * u - seen[0], pixel[1] + down * v - seen[1]],
      ];
      const share = 1 / Math.sqrt(variance + FLOOR_PX2);
      left_mm2 += (share * (gap[0]! ** 2 + gap[1]! ** 2) * p[2] ** 2) / camera.fx ** 2;
      shares += share;
      for (const row of [0, 1])
        for (let i = 0; i < 6; i++) {
          const value = j[6 * row + i]! / (variance + FLOOR_PX2);
          right[i]! += value * gap[row]!;
          for (let k = 0; k < 6; k++) normal[6 * i + k]! += value * j[6 * row + k]!;
        }
    }
    const step = solve(normal, right);
    if (!step) return { pose: still, left_mm2 };
    pose = perturb(pose, step);
    left_mm2 /= shares;
  }
  return { pose, left_mm2 };
}

/** The steps of the pose (6 x 4) that do most nearly what the camera and the shutter do. */
function alikeOf(places: readonly Place[]): number[] {
  const normal = new Array<number>(36).fill(0);
  const right = new Array<number>(24).fill(0);
  for (const { moves, variance } of places)
    for (const row of [0, 10])
      for (let i = 0; i < 6; i++) {
        const value = moves[row + i]! / (variance + FLOOR_PX2);
        for (let k = 0; k < 6; k++) normal[6 * i + k]! += value * moves[row + k]!;
        for (let k = 0; k < 4; k++) right[4 * i + k]! += value * moves[row + 6 + k]!;
      }
  const solved = invert(normal, 6);
  return right.map((_, at) => {
    const [i, k] = [at >> 2, at & 3];
    return [0, 1, 2, 3, 4, 5].reduce((sum, j) => sum + (solved?.[6 * i + j] ?? 0) * right[4 * j + k]!, 0);
  });
}

/** The first 6 + `kept` unknowns, what follows them told as the pose's. */
function steps(alike: readonly number[], kept: number): Float64Array {
  const rows = 6 + kept;
  const m = new Float64Array(rows * 10);
  for (let i = 0; i < rows; i++) m[i * 11] = 1;
  for (let i = 0; i < 6; i++) for (let k = kept; k < 4; k++) m[i * 10 + 6 + k] = alike[4 * i + k]!;
  return m;
}

function placesOf(whole: Whole, pose: Pose, camera: Intrinsics, extent: Extent): Place[] {
  const places: Place[] = [];
  const near: Place[] = [];
  for (let i = 0; i < ACROSS; i++)
    for (let k = 0; k < DOWN; k++) {
      const x = extent.left + (i / (ACROSS - 1)) * (extent.right - extent.left);
      const y = extent.top + (k / (DOWN - 1)) * (extent.bottom - extent.top);
      const p = transform(pose, [x, y, 0]);
      const pixel = p[2] < BEHIND_MM ? null : projectCamera(camera, p);
      if (!pixel) continue;
      const [j, lens] = [stepJacobian(camera, p), cameraJacobian(camera, p)];
      const down = downOf(pixel, camera);
      const moves = [
        ...j.slice(0, 6),
        lens[0]!,
        lens[1]!,
        down,
        0,
        ...j.slice(6),
        lens[2]!,
        lens[3]!,
        0,
        down,
      ];
      const place = { face: [x, y, 0] as const, pixel, moves, variance: varianceOf(moves, whole, 10) };
      places.push(place);
      if (isNear(pixel, camera)) near.push(place);
    }
  return near.length < ENOUGH ? places : near;
}

/** How much of a rolling shutter's shift a row has. */
function downOf([, v]: Point, { cy, height }: Intrinsics): number {
  return (v - cy) / height;
}

function isNear([u, v]: Point, { width, height }: Intrinsics): boolean {
  const [besideU, besideV] = [BESIDE * width, BESIDE * height];
  return u > -besideU && v > -besideV && u < width + besideU && v < height + besideV;
}

/** Across and down together. */
function varianceOf(moves: readonly number[], c: readonly number[], n: number): number {
  let sum = 0;
  for (let row = 0; row < 20; row += 10)
    for (let i = 0; i < n; i++)
      for (let k = 0; k < n; k++) sum += moves[row + i]! * c[i * n + k]! * moves[row + k]!;
  return sum;
}
