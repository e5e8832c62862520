import { describe, expect, it } from "vitest";
import { type FaceLayout, locate, look } from "./locate";
import { planarPose } from "./planarPose";
import { errorRing, projectFace } from "./project";
import type { Quad } from "./quads";
import { symbolCorners } from "./sights";
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

/** The same symbol, seen elsewhere. */
function moved<T extends { corners_px: Quad }>(symbol: T): T {
  const corners_px = symbol.corners_px.map(([u, v]) => [u + 160, v - 90]) as unknown as Quad;
  return { ...symbol, corners_px };
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
        const b = projectFace(found.camera, found.pose, [x_mm, 10, 0])!;
        const ring = errorRing(found.camera, found.pose, found.joint, [x_mm, 10, 0])!;
        all++;
        if (Math.hypot(a[0] - b[0], a[1] - b[1]) <= ring.px) inside++;
      }
    }
    expect(inside / all).toBeGreaterThan(0.92);
  });

  it("says which tag is not where the layout says, and does without it", () => {
    const random = seeded(8);
    const { labels, tags } = seenIn(viewOf(random, 600, 0.2), random, 0.1);
    const found = look(LAYOUT, CAMERA, labels, [tags[0]!, moved(tags[1]!)]);
    expect(found.strangers).toEqual(["tag 133"]);
    expect(found.located!.tags_seen).toEqual([7]);
    expect(found.located!.label_seen).toBe(true);
  });

  it("gives no anchor when label and tags disagree: the label hangs on another device", () => {
    const random = seeded(8);
    const { labels, tags } = seenIn(viewOf(random, 600, 0.2), random, 0.1);
    const found = look(LAYOUT, CAMERA, labels.map(moved), tags);
    expect(found).toMatchObject({ located: null, strangers: ["label"] });
  });

  it("believes neither of two symbols that disagree", () => {
    const random = seeded(8);
    const { labels, tags } = seenIn(viewOf(random, 600, 0.2), random, 0.1);
    const found = look(LAYOUT, CAMERA, labels.map(moved), [tags[1]!]);
    expect(found.located).toBeNull();
    expect(found.strangers).toHaveLength(1);
  });

  it("gives no anchor where another device's tag sits in the place of the label's own", () => {
    const random = seeded(8);
    const { labels, tags } = seenIn(viewOf(random, 450, 0.2), random, 0.05);
    const found = look(LAYOUT, CAMERA, labels, [{ ...tags[0]!, id: 44 }]);
    expect(found).toMatchObject({ located: null, strangers: ["tag 44"] });
  });

  it("takes the one of two tags with the same number that fits the rest, wherever it is listed", () => {
    const random = seeded(9);
    const pose = viewOf(random, 600, 0.2);
    const { tags } = seenIn(pose, random, 0);
    for (const seen of [
      [...tags, moved(tags[0]!)],
      [moved(tags[0]!), ...tags],
    ]) {
      const found = look(LAYOUT, CAMERA, [], seen);
      expect(found.located!.tags_seen).toEqual([7, 133]);
      found.located!.pose.forEach((value, k) => expect(value).toBeCloseTo(pose[k]!, 2));
    }
  });

  it("tells a mirrored picture and takes no pose from it", () => {
    const random = seeded(10);
    const { labels, tags } = seenIn(viewOf(random, 600, 0.2), random, 0);
    const found = look(LAYOUT, CAMERA, [{ ...labels[0]!, is_mirrored: true }], tags);
    expect(found).toMatchObject({ located: null, is_mirrored: true });
  });

  it("finds nothing in nothing", () => {
    expect(locate(LAYOUT, CAMERA, [], [])).toBeNull();
    expect(planarPose(CAMERA, [])).toBeNull();
  });
});
