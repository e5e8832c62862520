/** Hold a face between sightings: corners of its picture are followed, each with its place on the face. */

import { type Attempt, type Feature, carriedPlaces, fitFeatures, followFeatures } from "./band";
import { type PoseBelief, carryCovariance, disagreement, joinBeliefs, stepBetween } from "./belief";
import type { Intrinsics } from "./camera";
import { findCorners } from "./features";
import type { Point } from "./homography";
import { invert } from "./linear";
import { type FaceSize, areaOf, depthOf, outlineOf } from "./outline";
import { type Pose, type Vec3, perturb } from "./pose";
import { errorRing, pixelToFace, projectFace } from "./project";
import { Pyramid, sharpness } from "./pyramid";
import type { GreyImage } from "./quads";
import { shiftBetween } from "./shift";
import type { Held } from "./steady";

export interface Tracked extends PoseBelief {
  /** By how many followed points. */
  readonly features: number;
  /** Frames since the face was last sighted by its symbols. */
  readonly frames: number;
}

/** `isAmbiguous`: one symbol alone, which may as well be tilted the other way. */
export type Sighting = PoseBelief & { readonly isAmbiguous?: boolean };

/** What else is known of the moment: when it was, and how the camera has turned since the last frame (rad). */
export interface Moment {
  readonly at_ms: number;
  readonly turn?: Vec3 | null;
}

/** The middle of a label or tag: on the face, and where it was found in the followed picture. */
export interface SymbolPlace {
  readonly face_mm: Point;
  readonly pixel: Point;
}

const WANTED = 120;
const REPLANT_BELOW = 0.75; // of those wanted
const REPLANT_EVERY = 6; // frames
const [LEAST_GAP_PX, GAP_PX] = [4, 9]; // between features; nearer when the face is small in the picture
const DEPTH = 4;
const SAME_PX = 5; // as the whole picture moved: then the prediction is the more exact of the two
const SURE_SHARE = 0.8; // ports are alike: when fewer features agree, they may have been taken for their neighbours
const LEAST_SHARE = 0.6; // fewer: better lost, and found again by the next symbol, than held wrongly
const SLIP_SD_PX = 0.05; // per square root of frames, of all features alike: a growing picture pulls them
const MEAN_OF_LOOKS = 4;
const CONTRADICTION = 40; // chi squared of six degrees of freedom; 22 is one in a thousand
const OUT_OF_PLACE_PX = 3;
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
  #lastAt = 0;
  #interval = 0;
  #frames = 0;
  #sincePlanted = 0;
  #usual = 0;
  #blurred = 0;

  get isHeld(): boolean {
    return this.#belief !== null;
  }

  forget(): void {
    this.#belief = this.#base = this.#velocity = null;
    this.#features = [];
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
    const last = this.#belief.pose;
    const attempt = this.#attempt(camera, this.#predicted(passed, moment.turn), Boolean(moment.turn));
    if (!attempt) {
      this.forget();
      return null;
    }
    this.#features = attempt.features;
    this.#velocity = stepBetween(last, attempt.held.pose);
    this.#interval = passed;
    this.#frames++;
    this.#believe(attempt.held);
    const isThin = this.#features.length < REPLANT_BELOW * WANTED;
    if (isThin && ++this.#sincePlanted >= REPLANT_EVERY) this.#plant(true);
    return this.#tracked();
  }

  /**
   * The face was sighted in the frame that was followed last, by symbols at these places. `camera`: as the sighting took
   * it to be, for pictures of the followed size.
   */
  sight(sighting: Sighting, camera: Intrinsics, face: FaceSize, places: readonly SymbolPlace[]): Tracked {
    this.#face = face;
    const belief = this.#seenBy(camera);
    // Of many looks at what may be tilted either way, the surest would win in the end, and it may be wrong.
    if (belief && sighting.isAmbiguous && !isOutOfPlace(belief, camera, places)) {
      this.#belief = belief;
      return this.#tracked();
    }
    const isApart = belief !== null && disagreement(belief, sighting) > CONTRADICTION;
    // One symbol may be seen tilted the wrong way; but where it is in the picture leaves no doubt.
    const isWrong =
      belief !== null && (isOutOfPlace(belief, camera, places) || (isApart && places.length > 1));
    if (!belief || isWrong) {
      this.forget();
      this.#belief = { pose: sighting.pose, covariance: sighting.covariance };
    } else {
      this.#belief = isApart ? belief : joinBeliefs(belief, sighting);
      if (!isApart) this.#refresh(this.#belief.pose);
    }
    if (!isApart || isWrong) {
      this.#base = this.#belief;
      this.#frames = 0;
    }
    if (this.#features.length < REPLANT_BELOW * WANTED) this.#plant(isApart && !isWrong);
    return this.#tracked();
  }

  /** The belief, as it is with another camera: the features say what pose goes with that. */
  #seenBy(camera: Intrinsics): PoseBelief | null {
    const [belief, before] = [this.#belief, this.#camera];
    this.#camera = camera;
    const isSame = before && before.fx === camera.fx && before.fy === camera.fy && before.k1 === camera.k1;
    if (!belief || isSame) return belief;
    const held = fitFeatures(this.#features, camera, belief.pose);
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

  /** Follow the features from where the pose predicts them, and from where the picture as a whole has moved. */
  #attempt(camera: Intrinsics, predicted: Pose, isFelt: boolean): Attempt | null {
    const [features, last, pictures] = [
      this.#features,
      this.#belief!.pose,
      [this.#before!, this.#now!] as const,
    ];
    const carried = carriedPlaces(features, camera, last, predicted);
    const [from, to] = pictures.map(({ levels }) => levels[DEPTH - 1]!) as [GreyImage, GreyImage];
    const [sx, sy] = shiftBetween(from, to).map((value) => value * 2 ** (DEPTH - 1)) as [number, number];
    const moved = features.map(({ pixel: [x, y] }): Point => [x + sx, y + sy]);
    const isSame = distanceOf(middle(carried), middle(moved)) < SAME_PX;
    let best: Attempt | null = null;
    let most = LEAST_SHARE;
    for (const places of isSame ? [carried] : isFelt ? [carried, moved] : [moved, carried]) {
      const attempt = followFeatures(features, pictures, camera, predicted, places);
      if (attempt && attempt.share > most) [best, most] = [attempt, attempt.share];
      if (most > SURE_SHARE) break;
    }
    return best;
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
    this.#features = this.#features.map((feature) => {
      const there = pixelToFace(this.#camera!, pose, ...feature.pixel);
      if (!there) return feature;
      const looks = Math.min(MEAN_OF_LOOKS, feature.looks + 1);
      const [x, y] = feature.face_mm;
      return { ...feature, looks, age: 0, face_mm: [x + (there[0] - x) / looks, y + (there[1] - y) / looks] };
    });
  }

  #plant(isBetween: boolean): void {
    const [camera, belief] = [this.#camera!, this.#belief!];
    this.#sincePlanted = 0;
    // New features take over what the pose has drifted since the sighting: from now on all share it.
    if (isBetween) this.#base = belief;
    const region = outlineOf(camera, belief.pose, this.#face!);
    if (region.length < 3) return;
    const taken = this.#features.map(({ pixel }) => pixel);
    const gap = Math.min(GAP_PX, Math.max(LEAST_GAP_PX, Math.sqrt(areaOf(region) / WANTED) / 1.5));
    for (const pixel of findCorners(this.#now!, region, taken, WANTED - taken.length, gap)) {
      const face_mm = pixelToFace(camera, belief.pose, ...pixel);
      if (face_mm) this.#features.push({ pixel, face_mm, looks: 1, age: 0 });
    }
  }
}

/** A symbol that is not where the belief says, by more than that is unsure. */
function isOutOfPlace(
  { pose, covariance }: PoseBelief,
  camera: Intrinsics,
  places: readonly SymbolPlace[],
): boolean {
  return places.some(({ face_mm, pixel }) => {
    const there = projectFace(camera, pose, [...face_mm, 0]);
    const ring = errorRing(camera, pose, [...covariance], [...face_mm, 0]);
    return !there || !ring || distanceOf(there, pixel) > OUT_OF_PLACE_PX + ring.px;
  });
}

function middle(points: readonly Point[]): Point {
  const sum = points.reduce((total, [x, y]): Point => [total[0] + x, total[1] + y], [0, 0] as Point);
  return [sum[0] / points.length, sum[1] / points.length];
}

function distanceOf(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
