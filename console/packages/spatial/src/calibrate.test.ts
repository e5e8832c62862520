import { describe, expect, it } from "vitest";
import { Calibrator, type View, calibrate } from "./calibrate";
import { type Intrinsics, nominalBelief, nominalCamera } from "./camera";
import { type EdgePoints, emptyPoints } from "./points";
import type { Pose } from "./pose";
import { projectFace } from "./project";
import { edgesOf } from "./symbols";
import { LABEL_MODULES, seeded, viewOf } from "./testing";

const BELIEF = nominalBelief(1280, 720);
const LABEL = { x_mm: 60, y_mm: 22, size_mm: 25 };

/** A label's edges as a perfect registration would report them, but for noise. */
function seen(camera: Intrinsics, pose: Pose, random: () => number, sd: number): EdgePoints {
  const edges = edgesOf(LABEL_MODULES);
  const points = emptyPoints(edges.count, true);
  for (let i = 0; i < edges.count; i++) {
    const x = LABEL.x_mm + edges.x[i]! * LABEL.size_mm;
    const y = LABEL.y_mm + edges.y[i]! * LABEL.size_mm;
    const [u, v] = projectFace(camera, pose, [x, y, 0])!;
    const [p, q] = projectFace(camera, pose, [x + edges.dx[i]! * 0.1, y + edges.dy[i]! * 0.1, 0])!;
    const length = Math.hypot(p - u, q - v);
    const off = (random() + random() + random() - 1.5) * 2 * sd;
    [points.x_mm[i], points.y_mm[i]] = [x, y];
    [points.nx[i], points.ny[i]] = [(p - u) / length, (q - v) / length];
    [points.u[i], points.v[i]] = [u + off * points.nx[i]!, v + off * points.ny[i]!];
    points.sd[i] = sd;
  }
  return points;
}

function viewsOf(camera: Intrinsics, count: number, random: () => number): View[] {
  return Array.from({ length: count }, () => {
    const at = [60 + 60 * (random() - 0.5), 22 + 40 * (random() - 0.5)] as const;
    const pose = viewOf(random, 130 + 150 * random(), 0.8, at);
    return { pose, symbols: [seen(camera, pose, random, 0.08)] };
  });
}

function cameraWith(focal: number, k1: number): Intrinsics {
  const { fx, ...rest } = nominalCamera(1280, 720);
  return { ...rest, fx: fx * focal, fy: fx * focal, k1 };
}

describe("learning a camera", () => {
  it("tells the focal length to half a per cent and k1 to 0.006 from eight views of one label, and how sure", () => {
    for (const [focal, k1] of [
      [1.08, 0.03],
      [0.93, -0.03],
    ] as const) {
      const camera = cameraWith(focal, k1);
      const found = calibrate(BELIEF, viewsOf(camera, 8, seeded(11)));
      expect(Math.abs(found.fx / camera.fx - 1)).toBeLessThan(0.005);
      expect(Math.abs(found.k1 - k1)).toBeLessThan(0.006);
      expect(found.focal_sd).toBeLessThan(0.006);
      expect(found.k1_sd).toBeLessThan(0.006);
    }
  });

  it("is right about how sure it is", () => {
    const random = seeded(12);
    let [focal, k1] = [0, 0];
    const count = 40;
    for (let i = 0; i < count; i++) {
      const camera = cameraWith(1 + 0.16 * (random() - 0.5), 0.06 * (random() - 0.5));
      const found = calibrate(BELIEF, viewsOf(camera, 3, random));
      if (Math.abs(Math.log(found.fx / camera.fx)) < 2 * found.focal_sd!) focal++;
      if (Math.abs(found.k1 - camera.k1) < 2 * found.k1_sd!) k1++;
    }
    expect(focal / count).toBeGreaterThan(0.88);
    expect(k1 / count).toBeGreaterThan(0.88);
  }, 30_000);

  it("believes what it believed where nothing was seen", () => {
    const found = calibrate(BELIEF, []);
    expect(found.fx).toBe(BELIEF.fx);
    expect(found.focal_sd).toBeCloseTo(0.1, 6);
  });

  it("keeps only views that differ, and works on them a step at a time", () => {
    const random = seeded(13);
    const camera = cameraWith(1.05, 0.01);
    const calibrator = new Calibrator(BELIEF);
    const views = viewsOf(camera, 30, random);
    expect(calibrator.work()).toBeNull();
    expect(calibrator.offer(views[0]!)).toBe(true);
    expect(calibrator.offer(views[0]!)).toBe(false);
    views.forEach((view) => calibrator.offer(view));
    expect(calibrator.count).toBeLessThanOrEqual(10);
    let found = null;
    for (let i = 0; i < 20 && !found; i++) found = calibrator.work();
    expect(Math.abs(found!.fx / camera.fx - 1)).toBeLessThan(0.006);
    expect(calibrator.work()).toBeNull();
  });
});
