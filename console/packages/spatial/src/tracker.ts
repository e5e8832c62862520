/** Hold a face between sightings: corners of its picture are followed, each with its place on the face. */

import { type PoseBelief, carryCovariance, disagreement, joinBeliefs, stepBetween } from "./belief";
import type { Intrinsics } from "./camera";
import { findCorners } from "./features";
import { followPoints } from "./flow";
import type { Point } from "./homography";
import { invert } from "./linear";
import { type FaceSize, depthOf, outlineOf } from "./outline";
import { type Pose, type Vec3, perturb } from "./pose";
import { pixelToFace, projectFace } from "./project";
import { Pyramid, sharpness } from "./pyramid";
import type { GreyImage } from "./quads";
import { shiftBetween } from "./shift";
import { type Held, holdPose } from "./steady";

export interface Tracked extends PoseBelief {
  /** By how many followed points. */
  readonly features: number;
  /** Frames since the face was last sighted by its symbols. */
  readonly frames: number;
}

/** What else is known of the moment: when it was, and how the camera has turned since the last frame (rad). */
export interface Moment {
  readonly at_ms: number;
  readonly turn?: Vec3 | null;
}

interface Feature {
  x: number;
  y: number;
  x_mm: number;
  y_mm: number;
  /** Sightings that its place on the face is the mean of. */
  looks: number;
  /** Frames since it was last compared with a sighting. */
  age: number;
}

const WANTED = 120;
const FEWEST = 12;
const REPLANT_BELOW = 0.75; // of those wanted
const REPLANT_EVERY = 6; // frames
const GAP_PX = 9;
const DEPTH = 4;
const SAME_PX = 5; // as the whole picture moved: then the prediction is the more exact of the two
const MEASURE_SD_PX = 0.12;
const WALK_SD_PX = 0.04; // per square root of frames
const SLIP_SD_PX = 0.05; // the same, of all features alike: a growing or shrinking picture pulls them
const OUTLIER_SD = 5;
const OUTLIER_PX = 1.5;
const AGREEING = 0.5; // fewer of the followed points in one motion: lost
const MEAN_OF_LOOKS = 4;
const CONTRADICTION = 40; // chi squared of six degrees of freedom; 22 is one in a thousand
const STUBBORN = 8; // contradictions by single symbols in a row, which outweigh what was held
const BLURRED_BELOW = 0.45; // of the recent sharpness
const LONGEST_BLUR = 6; // frames; then it is what the picture is like

export class FaceTracker {
  /** The last frame was smeared by motion, and skipped. */
  isBlurred = false;
  #before: Pyramid | null = null;
  #now: Pyramid | null = null;
  #camera: Intrinsics | null = null;
  #features: Feature[] = [];
  #belief: PoseBelief | null = null;
  /** The belief at the last sighting: the error that all features share. */
  #base: PoseBelief | null = null;
  #face: FaceSize | null = null;
  #velocity: number[] | null = null;
  /** How the picture moved as a whole, in pixels of the coarsest level. */
  #shift: readonly [number, number] = [0, 0];
  #lastAt = 0;
  #interval = 0;
  #frames = 0;
  #sincePlanted = 0;
  #usual = 0;
  #blurred = 0;
  #contradicted = 0;

  get isHeld(): boolean {
    return this.#belief !== null;
  }

  forget(): void {
    this.#belief = this.#base = this.#velocity = null;
    this.#features = [];
    this.#contradicted = 0;
  }

  /** Take in the next frame; where the face is in it, or null while it is not held. */
  follow(image: GreyImage, camera: Intrinsics, moment: Moment): Tracked | null {
    this.isBlurred = this.#isSmeared(image);
    if (this.isBlurred) return null;
    if (this.#now?.width !== image.width || this.#now.height !== image.height) {
      this.forget();
      this.#now = new Pyramid(image.width, image.height, DEPTH);
      this.#before = new Pyramid(image.width, image.height, DEPTH);
    }
    [this.#before, this.#now] = [this.#now, this.#before!];
    this.#now.fill(image);
    this.#camera = camera;
    const passed = moment.at_ms - this.#lastAt;
    this.#lastAt = moment.at_ms;
    if (!this.#belief) return null;
    this.#shift = shiftBetween(this.#before.levels[DEPTH - 1]!, this.#now.levels[DEPTH - 1]!);
    const last = this.#belief.pose;
    const held =
      this.#hold(camera, this.#predicted(passed, moment.turn), Boolean(moment.turn)) ??
      this.#hold(camera, last, false);
    if (!held) {
      this.forget();
      return null;
    }
    this.#velocity = stepBetween(last, held.pose);
    this.#interval = passed;
    this.#frames++;
    this.#believe(held);
    const isThin = this.#features.length < REPLANT_BELOW * WANTED;
    if (isThin && ++this.#sincePlanted >= REPLANT_EVERY) this.#plant(true);
    return this.#tracked();
  }

  /**
   * The face was sighted in the frame that was followed last, by so many of its label and tags. `camera`: as the sighting
   * took it to be, for pictures of the followed size.
   */
  sight(sighting: PoseBelief, camera: Intrinsics, face: FaceSize, symbols: number): Tracked {
    this.#face = face;
    const belief = this.#seenBy(camera);
    const isContradicted = belief !== null && disagreement(belief, sighting) > CONTRADICTION;
    this.#contradicted = isContradicted ? this.#contradicted + 1 : 0;
    if (!belief || (isContradicted && (symbols > 1 || this.#contradicted >= STUBBORN))) {
      this.forget();
      this.#belief = { pose: sighting.pose, covariance: sighting.covariance };
    } else if (!isContradicted) {
      this.#belief = joinBeliefs(belief, sighting);
      this.#refresh(this.#belief.pose);
    }
    if (!isContradicted || !belief || this.#features.length === 0) {
      this.#base = this.#belief;
      this.#frames = 0;
    }
    if (this.#features.length < REPLANT_BELOW * WANTED) this.#plant(false);
    return this.#tracked();
  }

  /** The belief, as it is with another camera: the features say what pose goes with that. */
  #seenBy(camera: Intrinsics): PoseBelief | null {
    const [belief, before] = [this.#belief, this.#camera];
    this.#camera = camera;
    const isSame = before && before.fx === camera.fx && before.fy === camera.fy && before.k1 === camera.k1;
    if (!belief || isSame) return belief;
    const held = this.#fit(
      camera,
      belief.pose,
      this.#features.map((feature) => ({ ...feature, feature })),
    );
    return held && { pose: held.pose, covariance: belief.covariance };
  }

  #tracked(): Tracked {
    return { ...this.#belief!, features: this.#features.length, frames: this.#frames };
  }

  #isSmeared(image: GreyImage): boolean {
    const sharp = sharpness(image);
    if (!this.isHeld) this.#usual = sharp;
    const isSmeared = this.isHeld && sharp < BLURRED_BELOW * this.#usual && this.#blurred < LONGEST_BLUR;
    this.#blurred = isSmeared ? this.#blurred + 1 : 0;
    if (!isSmeared) this.#usual += 0.2 * (sharp - this.#usual);
    return isSmeared;
  }

  /** A hand goes on as it went; a gyroscope knows better how it turned. */
  #predicted(passed: number, turn: Vec3 | null | undefined): Pose {
    const ratio = this.#velocity && this.#interval > 0 ? Math.min(3, passed / this.#interval) : 0;
    const step = (this.#velocity ?? [0, 0, 0, 0, 0, 0]).map((value) => value * ratio);
    if (turn) for (let k = 0; k < 3; k++) step[k] = -turn[k]!; // the world turns the other way
    return perturb(this.#belief!.pose, step);
  }

  /** Follow the features from where this pose expects them; null when too few agree on one motion. */
  #hold(camera: Intrinsics, expected: Pose, isFelt: boolean): Held | null {
    const features = this.#features;
    const n = features.length;
    const [from, to, isFound] = [
      new Float32Array(2 * n),
      this.#guesses(camera, expected, isFelt),
      new Uint8Array(n),
    ];
    features.forEach(({ x, y }, i) => from.set([x, y], 2 * i));
    followPoints(this.#before!, this.#now!, from, to, isFound, n);
    const seen = features
      .map((feature, i) => ({ feature, x: to[2 * i]!, y: to[2 * i + 1]!, isFound: isFound[i] === 1 }))
      .filter((one) => one.isFound);
    const first = this.#fit(camera, expected, seen);
    if (!first) return null;
    const agreeing = seen.filter(
      ({ feature }, i) => first.off[i]! < OUTLIER_SD || first.off[i]! * sdOf(feature) < OUTLIER_PX,
    );
    if (agreeing.length < Math.max(FEWEST, AGREEING * seen.length)) return null;
    const held = agreeing.length < seen.length ? this.#fit(camera, first.pose, agreeing) : first;
    if (!held) return null;
    this.#features = agreeing.map(({ feature, x, y }) => ({ ...feature, x, y, age: feature.age + 1 }));
    return held;
  }

  /** Where each feature should be by the expected pose; or moved with the whole picture, when that says otherwise. */
  #guesses(camera: Intrinsics, expected: Pose, isFelt: boolean): Float32Array {
    const last = this.#belief!.pose;
    const guesses = new Float32Array(2 * this.#features.length);
    let [dx, dy] = [0, 0];
    this.#features.forEach(({ x, y, x_mm, y_mm }, i) => {
      const [a, b] = [last, expected].map((pose) => projectFace(camera, pose, [x_mm, y_mm, 0]));
      const [mx, my] = a && b ? [b[0] - a[0], b[1] - a[1]] : [0, 0];
      guesses.set([x + mx, y + my], 2 * i);
      dx += mx / this.#features.length;
      dy += my / this.#features.length;
    });
    const [sx, sy] = this.#shift.map((value) => value * 2 ** (DEPTH - 1));
    if (!isFelt && Math.hypot(sx! - dx, sy! - dy) > SAME_PX)
      this.#features.forEach(({ x, y }, i) => guesses.set([x + sx!, y + sy!], 2 * i));
    return guesses;
  }

  #fit(
    camera: Intrinsics,
    start: Pose,
    seen: readonly { feature: Feature; x: number; y: number }[],
  ): Held | null {
    if (seen.length < FEWEST) return null;
    return holdPose(camera, start, {
      mm: Float64Array.from(seen.flatMap(({ feature }) => [feature.x_mm, feature.y_mm])),
      px: Float32Array.from(seen.flatMap(({ x, y }) => [x, y])),
      sd: Float32Array.from(seen, ({ feature }) => sdOf(feature)),
      count: seen.length,
    });
  }

  /** What all features share since the sighting, and what each of them has added since. */
  #believe({ pose, information, scale }: Held): void {
    const covariance = carryCovariance(this.#base!.covariance, this.#base!.pose, pose);
    const own = invert(information, 6);
    const inflation = Math.max(1, scale);
    if (own) own.forEach((value, i) => (covariance[i]! += inflation * value));
    const slip_mm = (SLIP_SD_PX * depthOf(pose, this.#face!)) / this.#camera!.fx;
    for (const i of [21, 28]) covariance[i]! += slip_mm * slip_mm * this.#frames;
    this.#belief = { pose, covariance };
  }

  /** Compare each feature with the sighted pose; the mean of several looks is better than one. */
  #refresh(pose: Pose): void {
    for (const feature of this.#features) {
      const there = pixelToFace(this.#camera!, pose, feature.x, feature.y);
      if (!there) continue;
      feature.looks = Math.min(MEAN_OF_LOOKS, feature.looks + 1);
      feature.x_mm += (there[0] - feature.x_mm) / feature.looks;
      feature.y_mm += (there[1] - feature.y_mm) / feature.looks;
      feature.age = 0;
    }
  }

  #plant(isBetween: boolean): void {
    const [camera, belief] = [this.#camera!, this.#belief!];
    this.#sincePlanted = 0;
    // New features take over what the pose has drifted since the sighting: from now on all share it.
    if (isBetween) this.#base = belief;
    const region = outlineOf(camera, belief.pose, this.#face!);
    if (region.length < 3) return;
    const taken = this.#features.map(({ x, y }): Point => [x, y]);
    for (const [x, y] of findCorners(this.#now!, region, taken, WANTED - taken.length, GAP_PX)) {
      const there = pixelToFace(camera, belief.pose, x, y);
      if (there) this.#features.push({ x, y, x_mm: there[0], y_mm: there[1], looks: 1, age: 0 });
    }
  }
}

function sdOf({ age, looks }: Feature): number {
  return Math.hypot(MEASURE_SD_PX * (1 + 1 / looks), WALK_SD_PX * Math.sqrt(age));
}
