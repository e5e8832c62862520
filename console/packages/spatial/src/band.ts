/** The points that hold a face: where each is on it, where it is in the picture, and what pose they agree on. */

import type { Intrinsics } from "./camera";
import { followPoints } from "./flow";
import type { Point } from "./homography";
import type { Pose } from "./pose";
import { projectFace } from "./project";
import type { Pyramid } from "./pyramid";
import { type Held, holdPose } from "./steady";

export interface Feature {
  readonly pixel: Point;
  readonly face_mm: Point;
  /** Sightings that its place on the face is the mean of. */
  readonly looks: number;
  /** Frames since it was last compared with a sighting. */
  readonly age: number;
}

/** How the features may have moved into the next frame. */
export interface Attempt {
  readonly held: Held;
  readonly features: Feature[];
  /** Of those that should be in view, how many agree on one motion of the face. */
  readonly share: number;
}

const FEWEST = 12;
const MEASURE_SD_PX = 0.12;
const WALK_SD_PX = 0.04; // per square root of frames
const OUTLIER_SD = 5;
const OUTLIER_PX = 1.5;
const AGREEING = 0.5; // of those found; fewer, and there is no one motion

/** Follow features to `places` near which they are expected; null when they do not agree. */
export function followFeatures(
  features: readonly Feature[],
  [before, now]: readonly [Pyramid, Pyramid],
  camera: Intrinsics,
  start: Pose,
  places: readonly Point[],
): Attempt | null {
  const n = features.length;
  const from = Float32Array.from(features.flatMap(({ pixel }) => pixel));
  const to = Float32Array.from(places.flat());
  const isFound = new Uint8Array(n);
  followPoints(before, now, from, to, isFound, n);
  const found = features
    .map((feature, i): Feature => ({ ...feature, pixel: [to[2 * i]!, to[2 * i + 1]!], age: feature.age + 1 }))
    .filter((_, i) => isFound[i] === 1);
  const first = fitFeatures(found, camera, start);
  if (!first) return null;
  const agreeing = found.filter(
    (feature, i) => first.off[i]! < OUTLIER_SD || first.off[i]! * sdOf(feature) < OUTLIER_PX,
  );
  if (agreeing.length < AGREEING * found.length) return null;
  const held = agreeing.length < found.length ? fitFeatures(agreeing, camera, first.pose) : first;
  const expected = places.filter(
    ([x, y]) => x > 8 && y > 8 && x < now.width - 8 && y < now.height - 8,
  ).length;
  return held && { held, features: agreeing, share: agreeing.length / Math.max(expected, agreeing.length) };
}

export function fitFeatures(features: readonly Feature[], camera: Intrinsics, start: Pose): Held | null {
  if (features.length < FEWEST) return null;
  return holdPose(camera, start, {
    mm: Float64Array.from(features.flatMap(({ face_mm }) => face_mm)),
    px: Float32Array.from(features.flatMap(({ pixel }) => pixel)),
    sd: Float32Array.from(features, sdOf),
    count: features.length,
  });
}

/** Where each feature goes when the face moves from one pose to another. */
export function carriedPlaces(
  features: readonly Feature[],
  camera: Intrinsics,
  from: Pose,
  to: Pose,
): Point[] {
  return features.map(({ pixel, face_mm }): Point => {
    const [a, b] = [from, to].map((pose) => projectFace(camera, pose, [...face_mm, 0]));
    return a && b ? [pixel[0] + b[0] - a[0], pixel[1] + b[1] - a[1]] : pixel;
  });
}

function sdOf({ age, looks }: Feature): number {
  return Math.hypot(MEASURE_SD_PX * (1 + 1 / looks), WALK_SD_PX * Math.sqrt(age));
}
