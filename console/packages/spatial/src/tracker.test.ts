import { describe, expect, it } from "vitest";
import { type Intrinsics, nominalCamera } from "./camera";
import { type Pose, type Vec3, compose, perturb, poseOf } from "./pose";
import { errorRing, pixelToFace, projectFace } from "./project";
import type { GreyImage } from "./quads";
import { FaceTracker } from "./tracker";

const CAMERA: Intrinsics = nominalCamera(480, 270);
const FACE = { width_mm: 482.6, height_mm: 88.9 };
const POINTS = [100, 240, 400].map((x_mm) => [x_mm, 40, 0] as const);

/** What a good sighting leaves uncertain: a tenth of a millimetre sideways, half of one in depth. */
const SURE = [4e-8, 4e-8, 4e-8, 0.01, 0.01, 0.25].flatMap((variance, i) =>
  [0, 1, 2, 3, 4, 5].map((k) => (i === k ? variance : 0)),
);

function hash(a: number, b: number): number {
  let h = Math.imul(a, 374761393) + Math.imul(b, 668265263);
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/** A front with ports at a pitch of 14 mm, no two quite alike. */
function shade(x: number, y: number): number {
  if (x < 0 || y < 0 || x > FACE.width_mm || y > FACE.height_mm) return 20;
  const [column, row] = [Math.floor(x / 14), Math.floor(y / 14)];
  const isPort = x - 14 * column > 3 && y - 14 * row > 4;
  return isPort ? 30 + 120 * hash(column, row) : 140 + 40 * hash(Math.floor(x / 7), Math.floor(y / 7));
}

function take(pose: Pose, smear = 0, seed = 1): GreyImage {
  const { width, height } = CAMERA;
  const data = new Uint8Array(width * height);
  const shifts = smear ? [0, 1, 2, 3, 4, 5, 6, 7].map((i) => (smear * i) / 7) : [0];
  for (let v = 0, i = 0; v < height; v++)
    for (let u = 0; u < width; u++, i++) {
      let sum = 0;
      for (const shift of shifts)
        for (const [du, dv] of [[-0.25, -0.25], [0.25, -0.25], [-0.25, 0.25], [0.25, 0.25]] as const) {
          const point = pixelToFace(CAMERA, pose, u + du + shift, v + dv);
          sum += point ? shade(point[0], point[1]) : 0;
        } // prettier-ignore
      data[i] = sum / (4 * shifts.length) + 4 * (hash(i, seed) - 0.5);
    }
  return { width, height, data };
}

/** A hand's way: sideways, a little nearer, a little turned. */
function handAt(i: number): Pose {
  const turned = poseOf([0.1 * Math.sin(i / 7), 0.08 * Math.sin(i / 5), 0.05 * Math.sin(i / 6)], [0, 0, 0]);
  const place = poseOf([0, 0, 0], [-241 + 3 * i, -44 + 10 * Math.sin(i / 4), 480 - 2 * i]);
  return compose(turned, place);
}

function started(pose: Pose): FaceTracker {
  const tracker = new FaceTracker();
  tracker.follow(take(pose), CAMERA, { at_ms: 0 });
  tracker.sight({ pose, covariance: SURE }, CAMERA, FACE, []);
  return tracker;
}

function offBy(pose: Pose, truth: Pose): number {
  return Math.max(
    ...POINTS.map((point) => {
      const [u, v] = projectFace(CAMERA, pose, point)!;
      const [x, y] = pixelToFace(CAMERA, truth, u, v)!;
      return Math.hypot(x - point[0], y - point[1]);
    }),
  );
}

describe("a face that is held between sightings", () => {
  it("stays within a millimetre over twenty frames without a symbol, and within its rings", () => {
    const tracker = started(handAt(0));
    for (let i = 1; i <= 20; i++) {
      const tracked = tracker.follow(take(handAt(i), 0, i), CAMERA, { at_ms: 33 * i })!;
      expect(offBy(tracked.pose, handAt(i))).toBeLessThan(1);
      const rings = POINTS.map(
        (point) => errorRing(CAMERA, tracked.pose, [...tracked.covariance], point)!.mm,
      );
      expect(offBy(tracked.pose, handAt(i))).toBeLessThan(Math.max(...rings));
      expect(tracked.features).toBeGreaterThan(60);
    }
  });

  it("is less sure the longer no symbol is seen, and as sure as before at the next sighting", () => {
    const tracker = started(handAt(0));
    const rings = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => {
      const { pose, covariance } = tracker.follow(take(handAt(i), 0, i), CAMERA, { at_ms: 33 * i })!;
      return errorRing(CAMERA, pose, [...covariance], POINTS[1]!)!.mm;
    });
    expect(rings).toEqual([...rings].sort((a, b) => a - b));
    const sighted = tracker.sight({ pose: handAt(8), covariance: SURE }, CAMERA, FACE, []);
    expect(errorRing(CAMERA, sighted.pose, [...sighted.covariance], POINTS[1]!)!.mm).toBeLessThan(rings[0]!);
    expect(sighted.frames).toBe(0);
  });

  it("is lost when something else is in the picture, and held again by the next sighting", () => {
    const tracker = started(handAt(0));
    const other = {
      ...take(handAt(0)),
      data: Uint8Array.from({ length: 480 * 270 }, (_, i) => 255 * hash(i, 9)),
    };
    expect(tracker.follow(other, CAMERA, { at_ms: 33 })).toBeNull();
    expect(tracker.isHeld).toBe(false);
    expect(tracker.follow(take(handAt(2)), CAMERA, { at_ms: 66 })).toBeNull();
    tracker.sight({ pose: handAt(2), covariance: SURE }, CAMERA, FACE, []);
    expect(tracker.follow(take(handAt(3)), CAMERA, { at_ms: 100 })).not.toBeNull();
  });

  it("skips a smeared frame and goes on after it", () => {
    const tracker = started(handAt(0));
    expect(tracker.follow(take(handAt(1)), CAMERA, { at_ms: 33 })).not.toBeNull();
    expect(tracker.follow(take(handAt(2), 14), CAMERA, { at_ms: 66 })).toBeNull();
    expect(tracker.isBlurred).toBe(true);
    const after = tracker.follow(take(handAt(3)), CAMERA, { at_ms: 100 })!;
    expect(tracker.isBlurred).toBe(false);
    expect(offBy(after.pose, handAt(3))).toBeLessThan(1);
  });

  it("follows a jerk that the gyroscope has felt", () => {
    const turn: Vec3 = [0.02, 0.26, -0.12];
    const jerked = perturb(handAt(0), [...turn.map((value) => -value), 0, 0, 0]);
    const picture = take(jerked);
    const felt = started(handAt(0)).follow(picture, CAMERA, { at_ms: 33, turn })!;
    expect(offBy(felt.pose, jerked)).toBeLessThan(1);
    const unfelt = started(handAt(0)).follow(picture, CAMERA, { at_ms: 33 });
    expect(unfelt === null || unfelt.features < felt.features / 2).toBe(true);
  });

  it("keeps its place against a symbol seen wrongly tilted, and gives it up for one seen elsewhere", () => {
    const tracker = started(handAt(0));
    tracker.follow(take(handAt(1)), CAMERA, { at_ms: 33 });
    const wrong = { pose: perturb(handAt(1), [0, 0.1, 0, 0, 0, 0]), covariance: SURE };
    const at = (pose: Pose) => ({
      face_mm: [100, 40] as const,
      pixel: projectFace(CAMERA, pose, [100, 40, 0])!,
    });
    expect(offBy(tracker.sight(wrong, CAMERA, FACE, [at(handAt(1))]).pose, handAt(1))).toBeLessThan(1);
    expect(offBy(tracker.sight(wrong, CAMERA, FACE, [at(wrong.pose)]).pose, wrong.pose)).toBeLessThan(0.01);
  });

  it("is made no surer by a look that leaves open which way a symbol is tilted", () => {
    const tracker = started(handAt(0));
    const before = tracker.follow(take(handAt(1)), CAMERA, { at_ms: 33 })!;
    const place = { face_mm: [100, 40] as const, pixel: projectFace(CAMERA, handAt(1), [100, 40, 0])! };
    const sure = SURE.map((value) => value / 100);
    const looked = { pose: handAt(1), covariance: sure, isAmbiguous: true };
    expect(tracker.sight(looked, CAMERA, FACE, [place]).covariance).toEqual(before.covariance);
    const told = tracker.sight({ ...looked, isAmbiguous: false }, CAMERA, FACE, [place]);
    expect(told.covariance[21]).toBeLessThan(before.covariance[21]! / 10);
  });

  it("goes over to another belief about the camera without moving its marks", () => {
    const tracker = started(handAt(0));
    tracker.follow(take(handAt(1)), CAMERA, { at_ms: 33 });
    const longer = { ...CAMERA, fx: 1.06 * CAMERA.fx, fy: 1.06 * CAMERA.fy };
    const [point, there] = [POINTS[1]!, projectFace(CAMERA, handAt(1), POINTS[1]!)!];
    const tilted = { pose: perturb(handAt(1), [0, 0.1, 0, 0, 0, 0]), covariance: SURE };
    const kept = tracker.sight(tilted, longer, FACE, [{ face_mm: [point[0], point[1]], pixel: there }]);
    const [u, v] = projectFace(longer, kept.pose, point)!;
    expect(Math.hypot(u - there[0], v - there[1])).toBeLessThan(0.6);
  });
});
