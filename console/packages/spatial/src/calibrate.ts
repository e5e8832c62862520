/** Learn a camera from a few views of known symbols: its focal length and k1, and how sure they are. */

import { stepBetween } from "./belief";
import { type CameraBelief, adjusted, surenessOf } from "./camera";
import { PARAMETERS, SLACK, type Slack, linearise, middleOf, refineState, startAt } from "./fit";
import { solvePositive } from "./linear";
import { type EdgePoints, emptyPoints } from "./points";
import { type Pose, transform } from "./pose";
import { scaleOf } from "./uncertainty";

/** What was measured in one picture, and the pose it was seen from. */
export interface View {
  readonly symbols: readonly EdgePoints[];
  readonly pose: Pose;
}

/** Faces are a little bent and tags stuck on by hand: between symbols, less is promised than within one. */
const LOOSE: Slack = { ...SLACK, shift_px: 0.1 };
const STEPS = 12;
const OWN = [0, 1, 2, 3, 4, 5, 8, 9, 10] as const; // a view's own unknowns among those of a fit; 6 and 7 are the camera's
const HELD_SD = 1e-7;
const FREE_SD = 1e3;
const LEAST_SD = 0.002; // lenses breathe

/** The believed camera as these views correct it; the belief itself where they tell nothing. */
export function calibrate(belief: CameraBelief, views: readonly View[], slack = LOOSE): CameraBelief {
  const work = new Calibration(belief, views, slack);
  while (!work.isDone) work.step();
  return work.result;
}

/** The same, one bounded step at a time: Gauss-Newton on the camera, the poses following it. */
export class Calibration {
  result: CameraBelief;
  isDone = false;
  readonly #belief: CameraBelief;
  #views: readonly (View & { scale: number })[];
  #log_focal = 0;
  #k1 = 0;
  #steps = 0;

  constructor(
    belief: CameraBelief,
    views: readonly View[],
    private readonly slack = LOOSE,
  ) {
    this.#belief = this.result = belief;
    this.#views = views.flatMap((view) => {
      const first = refineState(belief, view.symbols, startAt(view.pose, view.symbols.length), 1, slack);
      return first
        ? [{ ...view, pose: first.state.pose, scale: scaleOf(view.symbols, first.linear.measured) }]
        : [];
    });
  }

  step(): void {
    const { focal_sd, k1_sd } = surenessOf(this.#belief);
    const [focal, bend] = [Math.max(focal_sd, HELD_SD) ** -2, Math.max(k1_sd, HELD_SD) ** -2];
    const left = Float64Array.of(focal, 0, 0, bend);
    const right = Float64Array.of(-focal * this.#log_focal, -bend * this.#k1);
    const camera = adjusted(this.#belief, this.#log_focal, this.#k1);
    this.#views = this.#views.flatMap((view) => {
      const pose = gather(camera, view, this.slack, left, right);
      return pose ? [{ ...view, pose }] : [];
    });
    const spread = inverse2(left);
    const move = right.slice();
    if (!spread || !solvePositive(left.slice(), move, 2)) return void (this.isDone = true);
    const shrink = Math.max(1, Math.abs(move[0]!) / 0.2, Math.abs(move[1]!) / 0.1);
    this.#log_focal += move[0]! / shrink;
    this.#k1 += move[1]! / shrink;
    this.result = {
      ...adjusted(this.#belief, this.#log_focal, this.#k1),
      focal_sd: Math.max(LEAST_SD, Math.sqrt(spread[0])),
      k1_sd: Math.max(LEAST_SD, Math.sqrt(spread[1])),
    };
    const isSettled = Math.abs(move[0]!) < 1e-5 && Math.abs(move[1]!) < 1e-5;
    this.isDone = isSettled || ++this.#steps >= STEPS;
  }
}

/** Adds what a view says of the camera, its own unknowns free to follow; returns its pose with this camera. */
function gather(
  camera: CameraBelief,
  { symbols, pose, scale }: View & { scale: number },
  slack: Slack,
  left: Float64Array,
  right: Float64Array,
): Pose | null {
  const held = { ...camera, focal_sd: HELD_SD, k1_sd: HELD_SD };
  const fitted = refineState(held, symbols, startAt(pose, symbols.length), scale, slack);
  if (!fitted) return null;
  const state = { ...fitted.state, log_focal: 0, k1: 0 };
  const free = { ...camera, focal_sd: FREE_SD, k1_sd: FREE_SD };
  const linear = linearise(free, symbols, state, scale, slack);
  if (!linear) return null;
  const { a, b } = linear;
  const own = Float64Array.from(
    { length: OWN.length ** 2 },
    (_, i) => a[OWN[Math.floor(i / OWN.length)]! * PARAMETERS + OWN[i % OWN.length]!]!,
  );
  const sums: number[][] = [];
  for (const column of [6, 7, -1]) {
    const solved = Float64Array.from(OWN, (j) => (column < 0 ? b[j]! : a[j * PARAMETERS + column]!));
    if (!solvePositive(own.slice(), solved, OWN.length)) return null;
    sums.push(
      [6, 7].map((i) => {
        const direct = column < 0 ? b[i]! : a[i * PARAMETERS + column]!;
        return OWN.reduce<number>((sum, j, k) => sum - a[i * PARAMETERS + j]! * solved[k]!, direct);
      }),
    );
  }
  for (const i of [0, 1]) {
    for (const k of [0, 1]) left[2 * i + k]! += sums[k]![i]!;
    right[i]! += sums[2]![i]!;
  }
  return state.pose;
}

/** The variances of two unknowns from their information; null when it is singular. */
function inverse2([a, b, , d]: Float64Array | number[]): readonly [number, number] | null {
  const determinant = a! * d! - b! * b!;
  return determinant > 0 ? [d! / determinant, a! / determinant] : null;
}

const ENOUGH_TO_BEGIN = 4;
const MOST_VIEWS = 10;
const MOST_POINTS = 150; // of one symbol: more tell little more
const TURNED_RAD = 0.17;
const NEARER = 1.35;
const MOVED = 0.2; // of the picture's width

/** Gathers views that differ, and works on them bit by bit between frames. */
export class Calibrator {
  readonly #views: View[] = [];
  readonly #belief: CameraBelief;
  #work: Calibration | null = null;
  #isStale = false;

  constructor(belief: CameraBelief) {
    this.#belief = belief;
  }

  get count(): number {
    return this.#views.length;
  }

  /** Keeps a view that shows the symbols otherwise than those it has; says whether it did. */
  offer(view: View): boolean {
    const isMeasured = view.symbols.some((points) => points.isEdge);
    if (!isMeasured || this.#views.length >= MOST_VIEWS) return false;
    if (this.#views.some((other) => isAlike(view, other, this.#belief))) return false;
    this.#views.push({ ...view, symbols: view.symbols.map(thinned) });
    this.#isStale = true;
    return true;
  }

  /** One bounded step; the camera when it has just been worked out anew. */
  work(): CameraBelief | null {
    if (!this.#work) {
      if (!this.#isStale || this.#views.length < ENOUGH_TO_BEGIN) return null;
      this.#isStale = false;
      this.#work = new Calibration(this.#belief, this.#views);
      return null;
    }
    this.#work.step();
    if (!this.#work.isDone) return null;
    const { result } = this.#work;
    this.#work = null;
    return result;
  }
}

function isAlike(a: View, b: View, camera: CameraBelief): boolean {
  const turn = Math.hypot(...stepBetween(a.pose, b.pose).slice(0, 3));
  const [p, q] = [a, b].map(({ pose, symbols }) => transform(pose, [...middleOf(symbols), 0])) as [
    [number, number, number],
    [number, number, number],
  ];
  const nearer = Math.max(p[2] / q[2], q[2] / p[2]);
  const moved = camera.fx * Math.hypot(p[0] / p[2] - q[0] / q[2], p[1] / p[2] - q[1] / q[2]);
  return turn < TURNED_RAD && nearer < NEARER && moved < MOVED * camera.width;
}

/** Every so many of a symbol's points, and copied: the next frame needs the others' memory. */
function thinned(points: EdgePoints): EdgePoints {
  const step = Math.max(1, Math.ceil(points.count / MOST_POINTS));
  const out = emptyPoints(Math.floor((points.count - 1) / step) + 1, points.isEdge);
  for (const name of ["x_mm", "y_mm", "u", "v", "nx", "ny", "sd"] as const)
    for (let i = 0; i < out.count; i++) out[name][i] = points[name][i * step]!;
  return out;
}
