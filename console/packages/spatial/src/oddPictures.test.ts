import { describe, expect, it } from "vitest";
import { type Intrinsics, nominalBelief, nominalCamera } from "./camera";
import { type FaceLayout, look } from "./locate";
import { type Pose, compose, poseOf } from "./pose";
import { errorRing, pixelToFace, projectFace } from "./project";
import type { GreyImage, Quad } from "./quads";
import { symbolCorners } from "./sights";
import { findTags } from "./tags";
import { LABEL_MODULES, LAYOUT, render, seeded, viewOf } from "./testing";
import { FaceTracker } from "./tracker";

const CAMERA = { ...nominalCamera(1280, 720), fx: 1050, fy: 1050 };
const FACE: FaceLayout = { ...LAYOUT, face: { width_mm: 482.6, height_mm: 44.45 } };
const BELOW = poseOf([0, 0, 0], [0, 44.45, 0]);
const withTags = (...ids: number[]): FaceLayout => ({
  ...FACE,
  tags: FACE.tags.map((tag, k) => ({ ...tag, id: ids[k]! })),
});

/** Two faces, one right below the other, in one picture. */
function stacked(upper: FaceLayout, lower: FaceLayout, pose: Pose): { image: GreyImage; below: Pose } {
  const below = compose(pose, BELOW);
  const image = render(CAMERA, pose, upper, seeded(7), { blur_px: 0.5 });
  const { data } = render(CAMERA, below, lower, seeded(8), { blur_px: 0.5 });
  for (let v = 0, i = 0; v < image.height; v++)
    for (let u = 0; u < image.width; u++, i++)
      if (pixelToFace(CAMERA, pose, u, v)![1] > 44.3) image.data[i] = data[i]!;
  return { image, below };
}

/** How far the ports of a face are off, in its millimetres. */
function missOf(camera: Intrinsics, pose: Pose, truth: Pose): number {
  return Math.max(
    ...[70, 241, 420].map((x) => {
      const [u, v] = projectFace(camera, pose, [x, 22, 0])!;
      const there = pixelToFace(CAMERA, truth, u, v)!;
      return Math.hypot(there[0] - x, there[1] - 22);
    }),
  );
}

describe("two devices of one type, one above the other", () => {
  const pose = viewOf(seeded(31), 560, 0.25, [241, 44]);

  it("are told apart by their tags, each in its own place", () => {
    const [upper, lower] = [withTags(7, 133), withTags(20, 21)];
    const { image, below } = stacked(upper, lower, pose);
    const tags = findTags(image);
    expect(tags.map(({ id }) => id).sort((a, b) => a - b)).toEqual([7, 20, 21, 133]);
    for (const [layout, truth] of [[upper, pose], [lower, below]] as const) {
      const { located, strangers } = look(layout, nominalBelief(1280, 720), [], tags, { image });
      expect(located!.tags_seen).toEqual(layout.tags.map(({ id }) => id));
      expect(strangers).toEqual([]);
      expect(missOf(located!.camera, located!.pose, truth)).toBeLessThan(1.5);
    } // prettier-ignore
  });

  it("of which one bears a tag number of the other are told by the tag that fits", () => {
    const { image } = stacked(withTags(7, 133), withTags(7, 21), pose);
    const tags = findTags(image);
    expect(tags.filter(({ id }) => id === 7)).toHaveLength(2);
    const { located } = look(withTags(7, 133), nominalBelief(1280, 720), [], tags, { image });
    expect(located!.tags_seen).toEqual([7, 133]);
    expect(missOf(located!.camera, located!.pose, pose)).toBeLessThan(1.5);
  });
});

describe("extreme zoom", () => {
  const label = { text: "HTTPS://HOST/D/AB12CD34", x_mm: 60, y_mm: 22, size_mm: 25 };
  const seen = (distance_mm: number) => {
    const pose = viewOf(seeded(33), distance_mm, 0.1, [label.x_mm, label.y_mm]);
    const camera = nominalCamera(1280, 720);
    const image = render(camera, pose, { ...FACE, label, tags: [] }, seeded(34), { blur_px: 1.5 });
    const corners_px = symbolCorners(label).map(([x, y]) => projectFace(camera, pose, [x, y, 0])!.map(Math.round)); // prettier-ignore
    const found = { text: label.text, corners_px: corners_px as unknown as Quad };
    const layout = { ...FACE, label };
    const { located } = look(layout, nominalBelief(1280, 720), [found], findTags(image), {
      image,
      recall: () => LABEL_MODULES,
    });
    const off = (x: number) => {
      const [a, b] = [projectFace(camera, pose, [x, 22, 0])!, projectFace(located!.camera, located!.pose, [x, 22, 0])!]; // prettier-ignore
      return Math.hypot(a[0] - b[0], a[1] - b[1]);
    };
    return { located: located!, off };
  };

  it("on a label that fills the picture locates it, and promises nothing of the other end", () => {
    const { located, off } = seen(52);
    expect(located.label_seen).toBe(true);
    expect(off(60)).toBeLessThan(1);
    const far = errorRing(located.camera, located.pose, located.joint, [460, 22, 0]);
    expect(far === null || far.mm > 7).toBe(true); // half of a port's pitch: an area, not an arrow
  });
});

describe("a picture of another shape: the phone was turned, or another camera took over", () => {
  it("ends what was held, and is held by its own sighting", () => {
    const tracker = new FaceTracker();
    const small = (width: number, height: number) => {
      const camera = nominalCamera(width, height);
      const pose = viewOf(seeded(35), 420, 0.2, [100, 22]);
      return { camera, pose, image: render(camera, pose, FACE, seeded(36), { blur_px: 0.4 }) };
    };
    const covariance = Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? (i < 18 ? 1e-7 : 0.01) : 0));
    const size = { width_mm: 482.6, height_mm: 44.45 };
    for (const [width, height] of [[480, 270], [270, 480], [480, 270]] as const) {
      const { camera, pose, image } = small(width, height);
      expect(tracker.follow(image, camera, { at_ms: 0 })).toBeNull();
      expect(tracker.isHeld).toBe(false);
      tracker.sight({ pose, covariance }, camera, size, []);
      expect(tracker.follow(image, camera, { at_ms: 33 })).not.toBeNull();
    } // prettier-ignore
  });
});
