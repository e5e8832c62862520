import { describe, expect, it } from "vitest";
import { type FaceLayout, locate, symbolCorners } from "./locate";
import { planarPose } from "./planarPose";
import { errorRing, projectFace } from "./project";
import type { Quad } from "./quads";
import { CAMERA, seeded, viewOf } from "./testing";

const LAYOUT: FaceLayout = {
  label: { text: "HTTPS://HOST/D/AB12CD34", x_mm: 60, y_mm: 22, size_mm: 25 },
  tags: [
    { id: 7, x_mm: 12, y_mm: 22, size_mm: 15 },
    { id: 133, x_mm: 470.6, y_mm: 22, size_mm: 15 },
  ],
};

function seenIn(pose: readonly number[], random: () => number, sigma: number) {
  const noisy = (): number => (random() + random() + random() + random() - 2) * sigma * Math.sqrt(3);
  const look = (symbol: { x_mm: number; y_mm: number; size_mm: number }) =>
    symbolCorners(symbol).map(([x, y]) => {
      const [u, v] = projectFace(CAMERA, pose, [x, y, 0])!;
      return [u + noisy(), v + noisy()];
    }) as unknown as Quad;
  return {
    labels: [{ text: "https://host/d/ab12cd34", corners_px: look(LAYOUT.label!) }],
    tags: LAYOUT.tags.map((tag) => ({ id: tag.id, corners_px: look(tag) })),
  };
}

describe("locating a face", () => {
  it("finds the exact pose of exact corners", () => {
    const random = seeded(1);
    for (let i = 0; i < 20; i++) {
      const pose = viewOf(random, 600, 0.5);
      const { labels, tags } = seenIn(pose, random, 0);
      const found = locate(LAYOUT, CAMERA, labels, tags)!;
      found.pose.forEach((value, k) => expect(value).toBeCloseTo(pose[k]!, 3));
      expect(found.label_seen).toBe(true);
    }
  });

  it("takes the right one of the two planar solutions from one label alone", () => {
    const random = seeded(2);
    let right = 0;
    for (let i = 0; i < 40; i++) {
      const pose = viewOf(random, 250, 0.5);
      const seen = seenIn(pose, random, 0.1);
      const found = locate({ ...LAYOUT, tags: [] }, CAMERA, seen.labels, [])!;
      const normals = pose[2]! * found.pose[2]! + pose[6]! * found.pose[6]! + pose[10]! * found.pose[10]!;
      if (normals > Math.cos(0.15)) right++;
    }
    expect(right).toBeGreaterThanOrEqual(38);
  });

  it("draws error rings that contain the truth about 95 times of 100", () => {
    const random = seeded(4);
    let [inside, all] = [0, 0];
    for (let i = 0; i < 200; i++) {
      const pose = viewOf(random, 450 + 300 * random(), 0.5);
      const { tags } = seenIn(pose, random, 0.15);
      const found = locate(LAYOUT, CAMERA, [], tags)!;
      for (const x_mm of [100, 400]) {
        const a = projectFace(CAMERA, pose, [x_mm, 10, 0])!;
        const b = projectFace(CAMERA, found.pose, [x_mm, 10, 0])!;
        const ring = errorRing(CAMERA, found.pose, found.covariance, [x_mm, 10, 0])!;
        all++;
        if (Math.hypot(a[0] - b[0], a[1] - b[1]) <= ring.px) inside++;
      }
    }
    expect(inside / all).toBeGreaterThan(0.92);
  });

  it("leaves out the one symbol that is not where the layout says", () => {
    const random = seeded(8);
    const pose = viewOf(random, 600, 0.2);
    const { labels, tags } = seenIn(pose, random, 0.1);
    const moved = labels.map((label) => ({
      ...label,
      corners_px: label.corners_px.map(([u, v]) => [u + 160, v - 90]) as unknown as Quad,
    }));
    const found = locate(LAYOUT, CAMERA, moved, tags)!;
    expect(found.label_seen).toBe(false);
    expect(found.tags_seen).toEqual([7, 133]);
  });

  it("trusts no tag id that is seen twice, and finds nothing in nothing", () => {
    const random = seeded(9);
    const { tags } = seenIn(viewOf(random, 600, 0.2), random, 0);
    expect(locate(LAYOUT, CAMERA, [], [...tags, tags[0]!])!.tags_seen).toEqual([133]);
    expect(locate(LAYOUT, CAMERA, [], [])).toBeNull();
    expect(planarPose(CAMERA, [])).toBeNull();
  });
});
