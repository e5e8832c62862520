/** Place words beside what they name: readable, apart from one another, on the screen, and still from frame to frame. */

import type { Point } from "./homography";
import type { Size } from "./image";
import { clamp, clampPoint, middle, overlap, reaches, type Rect, segmentsCross, sum, towards } from "./rects";

/** What some words name, in pixels of the screen. */
export interface LeaderTarget {
  readonly id: string;
  readonly at: Point;
  /** Where the words stand in space, when somebody said so; else they stand above. */
  readonly rise?: Point | null;
  /** What is drawn about the target reaches this far; the words stay off it. */
  readonly clear?: number;
}

/** The screen, and what stands on it already: buttons, chips. */
export interface LeaderBox extends Size {
  readonly keepOut?: readonly Rect[];
}

export interface Leader {
  readonly id: string;
  readonly at: Point;
  /** The line begins this far from the target: at the rim of what is drawn about it. */
  readonly clear: number;
  readonly plate: Rect;
  /** Where the line from the target meets the plate. */
  readonly from: Point;
  /** The target is not on the screen: the plate stands at the edge, and an arrow points there. */
  readonly isOutside: boolean;
  /** From the plate to the target, clockwise from the right, in degrees. */
  readonly angle_deg: number;
  /** From the target (or where the edge is nearest to it) to the plate's middle, before the screen's edge pushed it. */
  readonly offset: Point;
}

const INSET_PX = 8;
const GAP_PX = 6; // between plates, and between a plate and a button
const REACHES_PX = [14, 36, 72, 120, 190];
const DIRECTIONS = 16;
const GRID_PX = 12;
const STILL_PX = 2.5; // a hand's tremble does not move words
const SLACK_PX = 4; // words may come this near to a target before they give way, and keep off it as far when they do
const RETURN_PX = 12; // how far a target must come in before it counts as on the screen again

const NUDGES: readonly Point[] = [4, 10, 18, 28].flatMap((r) => [[0, -r], [0, r], [-r, 0], [r, 0]] as Point[]); // prettier-ignore

const CROSSING = 400;
const COVERS_TARGET = 260;
const THROUGH_PLATE = 120;
const STAY = 130; // how much better another place must be, in pixels of way, before words move there
const STAY_AT_EDGE = 50;

/**
 * One plate per target whose words find room; the others are left out, the last to come first.
 * Give the answer of the frame before as `previous`: places are kept as long as they do.
 */
export function placeLeaders(
  targets: readonly LeaderTarget[],
  box: LeaderBox,
  sizes: ReadonlyMap<string, Size>,
  previous: readonly Leader[] = [],
): Leader[] {
  const before = new Map(previous.map((leader) => [leader.id, leader]));
  const rank = new Map(previous.map(({ id }, i) => [id, i]));
  const inOrder = [...targets].sort(
    (a, b) => (rank.get(a.id) ?? Infinity) - (rank.get(b.id) ?? Infinity) || (a.id < b.id ? -1 : 1),
  );
  const scene: Scene = { box, keepOut: (box.keepOut ?? []).map(grown), targets, placed: [] };
  for (const target of inOrder) {
    const size = sizes.get(target.id);
    const leader = size && place(scene, target, size, before.get(target.id));
    if (leader) scene.placed.push(leader);
  }
  uncross(scene);
  return scene.placed;
}

interface Scene {
  readonly box: Size;
  readonly keepOut: readonly Rect[];
  readonly targets: readonly LeaderTarget[];
  readonly placed: Leader[];
}

function place(scene: Scene, target: LeaderTarget, size: Size, before?: Leader): Leader | null {
  const isOutside = liesOutside(target.at, scene.box, before?.isOutside ?? false);
  const wanted = isOutside ? clampPoint(target.at, scene.box) : wantedPlace(target, size);
  const at = (centre: Point) => leaderAt(scene, target, size, centre, isOutside);
  const judge = (leader: Leader, slack = -SLACK_PX): Judged | null =>
    isFree(scene, leader.plate) ? { leader, cost: costOf(scene, target, leader, wanted, slack) } : null;
  const kept =
    before?.isOutside === isOutside
      ? first(keptPlaces(before, isOutside ? wanted : target.at, at), (one) => judge(one, SLACK_PX))
      : null;
  const near = isOutside ? alongEdge(target.at, scene.box, size) : around(target, wanted, size);
  const cheapestOf = (places: readonly Point[]) => cheapest(places.map((place) => judge(at(place))));
  const best = cheapestOf(near) ?? (kept ? null : cheapestOf(grid(scene.box, size)));
  const stay = isOutside ? STAY_AT_EDGE : STAY;
  return kept && (!best || kept.cost <= best.cost + stay) ? kept.leader : (best?.leader ?? null);
}

/** Where it was before: unmoved by a hand's tremble, else along with its target, pushed a little where it must. */
function keptPlaces(before: Leader, from: Point, at: (centre: Point) => Leader): Leader[] {
  const along = sum(from, before.offset);
  const moved = at(along);
  const still = middle(before.plate);
  const [x, y] = middle(moved.plate);
  const isStill = Math.hypot(still[0] - x, still[1] - y) < STILL_PX;
  const pushed = NUDGES.map((nudge) => at(sum(along, nudge)));
  return [...(isStill ? [{ ...at(still), offset: before.offset }] : []), moved, ...pushed];
}

function first<A, B>(some: readonly A[], attempt: (one: A) => B | null): B | null {
  for (const one of some) {
    const found = attempt(one);
    if (found) return found;
  }
  return null;
}

interface Judged {
  readonly leader: Leader;
  readonly cost: number;
}

function cheapest(judged: readonly (Judged | null)[]): Judged | null {
  let best: Judged | null = null;
  for (const one of judged) if (one && (!best || one.cost < best.cost)) best = one;
  return best;
}

// -- where words may stand ---------------------------------------------------------------------------------------

function wantedPlace({ at, rise, clear = 0 }: LeaderTarget, { height }: Size): Point {
  return rise ?? [at[0], at[1] - clear - REACHES_PX[0]! - height / 2];
}

/** Round the target at growing distances, beginning with the place that is wanted. */
function around({ at, clear = 0 }: LeaderTarget, wanted: Point, { width, height }: Size): Point[] {
  const places: Point[] = [wanted];
  for (const reach of REACHES_PX)
    for (let k = 0; k < DIRECTIONS; k++) {
      const angle = (2 * Math.PI * k) / DIRECTIONS;
      const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
      const out = reach + clear;
      places.push([at[0] + dx * (out + width / 2), at[1] + dy * (out + height / 2)]);
    }
  return places;
}

/** Along the edges, the nearest to the target first. */
function alongEdge(at: Point, box: Size, { width, height }: Size): Point[] {
  const [left, right] = [INSET_PX + width / 2, box.width - INSET_PX - width / 2];
  const [top, bottom] = [INSET_PX + height / 2, box.height - INSET_PX - height / 2];
  const step = height + GAP_PX;
  const places: Point[] = [clampPoint(at, box)];
  for (let y = top; y <= bottom; y += step / 2) places.push([left, y], [right, y]);
  for (let x = left; x <= right; x += step) places.push([x, top], [x, bottom]);
  return places;
}

function grid(box: Size, { width, height }: Size): Point[] {
  const places: Point[] = [];
  for (let y = INSET_PX + height / 2; y <= box.height - INSET_PX - height / 2; y += GRID_PX)
    for (let x = INSET_PX + width / 2; x <= box.width - INSET_PX - width / 2; x += GRID_PX)
      places.push([x, y]);
  return places;
}

function leaderAt(
  { box }: Scene,
  { id, at, clear = 0 }: LeaderTarget,
  size: Size,
  centre: Point,
  out: boolean,
): Leader {
  const { width, height } = size;
  const x = clamp(centre[0] - width / 2, INSET_PX, Math.max(INSET_PX, box.width - INSET_PX - width));
  const y = clamp(centre[1] - height / 2, INSET_PX, Math.max(INSET_PX, box.height - INSET_PX - height));
  const plate = { x, y, width, height };
  const [ox, oy] = out ? clampPoint(at, box) : at;
  const offset: Point = [centre[0] - ox, centre[1] - oy];
  return { id, at, clear, plate, isOutside: out, offset, ...aimed(at, plate, out) };
}

function aimed(at: Point, plate: Rect, isOutside: boolean): Pick<Leader, "from" | "angle_deg"> {
  const [x, y] = middle(plate);
  const angle_deg = (Math.atan2(at[1] - y, at[0] - x) * 180) / Math.PI;
  return { angle_deg, from: isOutside ? [x, y] : towards(plate, at) };
}

// -- what speaks against a place ---------------------------------------------------------------------------------

function isFree(scene: Scene, plate: Rect): boolean {
  return (
    plate.x + plate.width <= scene.box.width &&
    plate.y + plate.height <= scene.box.height &&
    scene.keepOut.every((one) => !overlap(plate, one)) &&
    scene.placed.every((one) => !overlap(plate, grown(one.plate)))
  );
}

function costOf(
  scene: Scene,
  { at, clear = 0 }: LeaderTarget,
  leader: Leader,
  wanted: Point,
  slack: number,
): number {
  const [x, y] = middle(leader.plate);
  let cost = Math.hypot(x - wanted[0], y - wanted[1]);
  if (leader.isOutside) return cost;
  cost += Math.hypot(leader.from[0] - at[0], leader.from[1] - at[1]) / 2;
  if (reaches(leader.plate, at, clear - slack)) cost += COVERS_TARGET;
  for (const other of scene.targets)
    if (other.id !== leader.id && reaches(leader.plate, other.at, (other.clear ?? 0) - slack))
      cost += COVERS_TARGET;
  for (const other of scene.placed) {
    if (crosses(leader, other)) cost += CROSSING;
    if (!other.isOutside && passes(leader, other.plate)) cost += THROUGH_PLATE;
  }
  return cost;
}

/** Two lines that cross are exchanged: together they are shorter then, so this comes to an end. */
function uncross(scene: Scene): void {
  for (let round = 0; round < scene.placed.length ** 2; round++) if (!exchangeOne(scene)) return;
}

function exchangeOne(scene: Scene): boolean {
  const { placed } = scene;
  for (let i = 0; i < placed.length; i++)
    for (let k = i + 1; k < placed.length; k++) {
      const [a, b] = [placed[i]!, placed[k]!];
      if (!crosses(a, b)) continue;
      const others = { ...scene, placed: placed.filter((one) => one !== a && one !== b) };
      const [c, d] = [exchanged(others, a, b), exchanged(others, b, a)];
      const fits = isFree(others, c.plate) && isFree(others, d.plate);
      if (!fits || overlap(c.plate, grown(d.plate)) || wayOf(c) + wayOf(d) >= wayOf(a) + wayOf(b)) continue;
      [placed[i], placed[k]] = [c, d];
      return true;
    }
  return false;
}

function wayOf({ at, plate }: Leader): number {
  const [x, y] = middle(plate);
  return Math.hypot(x - at[0], y - at[1]);
}

function exchanged(scene: Scene, one: Leader, other: Leader): Leader {
  return leaderAt(scene, one, one.plate, middle(other.plate), one.isOutside);
}

/** Whether their lines cross, each taken to the middle of its plate. */
export function crosses(a: Leader, b: Leader): boolean {
  if (a.isOutside || b.isOutside) return false;
  return segmentsCross(a.at, middle(a.plate), b.at, middle(b.plate));
}

function passes({ at, from }: Leader, { x, y, width, height }: Rect): boolean {
  const corners: Point[] = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]; // prettier-ignore
  return segmentsCross(at, from, corners[0]!, corners[2]!) || segmentsCross(at, from, corners[1]!, corners[3]!); // prettier-ignore
}

function liesOutside([x, y]: Point, { width, height }: Size, wasOutside: boolean): boolean {
  const edge = wasOutside ? RETURN_PX : 0;
  return x < edge || y < edge || x > width - edge || y > height - edge;
}

function grown({ x, y, width, height }: Rect): Rect {
  return { x: x - GAP_PX, y: y - GAP_PX, width: width + 2 * GAP_PX, height: height + 2 * GAP_PX };
}
