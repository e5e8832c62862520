import { beforeAll, describe, expect, it } from "vitest";
import { type CameraBelief, type Intrinsics, nominalBelief, nominalCamera } from "./camera";
import { type FaceLayout, type Located, look } from "./locate";
import { type Pose, inverse } from "./pose";
import { errorRing, projectFace } from "./project";
import type { GreyImage, Quad } from "./quads";
import { symbolCorners } from "./sights";
import { type FoundTag, findTags } from "./tags";
import { LABEL_MODULES, LAYOUT, type Light, render, seeded, viewOf } from "./testing";

const LABEL = { text: "HTTPS://HOST/D/AB12CD34", x_mm: 60, y_mm: 22, size_mm: 25 };
const FACE: FaceLayout = { ...LAYOUT, face: { width_mm: 482.6, height_mm: 44.45 }, label: LABEL };
const recall = () => LABEL_MODULES;
const SMALL = nominalCamera(960, 540);

function labelSeen(camera: Intrinsics, pose: Pose) {
  const corners_px = symbolCorners(LABEL).map(([x, y]) =>
    projectFace(camera, pose, [x, y, 0])!.map(Math.round),
  ) as unknown as Quad;
  return { text: LABEL.text, corners_px };
}

function miss(
  camera: Intrinsics,
  pose: Pose,
  { camera: seen, pose: found }: Located,
  x: number,
  y: number,
): number {
  const [a, b] = [projectFace(camera, pose, [x, y, 0])!, projectFace(seen, found, [x, y, 0])!];
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

const ring = ({ camera, pose, joint }: Located, x: number, y: number) =>
  errorRing(camera, pose, joint, [x, y, 0])!;

describe("one label near by", () => {
  const pose = viewOf(seeded(40), 230, 0.5, [60, 22]);
  const alone: FaceLayout = { ...FACE, tags: [] };
  const belief = nominalBelief(960, 540);
  const seen = (light: Light, of = alone) => {
    const image = render(SMALL, pose, FACE, seeded(41), light);
    return look(of, belief, [labelSeen(SMALL, pose)], [], { image, recall });
  };

  it("is registered many times better than by its corners", () => {
    const image = render(SMALL, pose, FACE, seeded(41), { blur_px: 0.5 });
    const label = labelSeen(SMALL, pose);
    const plain = look(alone, SMALL, [label], []).located!;
    const sharp = look(alone, SMALL, [label], [], { image, recall }).located!;
    expect(miss(SMALL, pose, sharp, 160, 22)).toBeLessThan(miss(SMALL, pose, plain, 160, 22) / 1.5);
    expect(ring(sharp, 160, 22).px).toBeLessThan(ring(plain, 160, 22).px / 3);
  });

  it("is held with a third of it hidden, and with a lamp mirrored in it", () => {
    const [u, v] = projectFace(SMALL, pose, [64, 24, 0])!;
    for (const light of [
      { hidden: [u, v, 60, 200] as const },
      { glare: [u - 10, v - 10, 22] as const },
      { gamma: 0.7, gradient: 0.5, noise: 8, blur_px: 0.8 },
    ]) {
      const { located } = seen(light);
      expect(miss(SMALL, pose, located!, 60, 22)).toBeLessThan(0.5);
      expect(miss(SMALL, pose, located!, 110, 22)).toBeLessThan(2 * ring(located!, 110, 22).px + 0.3);
    }
  });

  it("admits that it is bent", () => {
    const bend = (x: number) => [0, 0.012 * (x - 60) ** 2] as const;
    const [flat, bent] = [seen({}).located!, seen({ bend }).located!];
    expect(bent.misfit).toBeGreaterThan(1.3 * flat.misfit);
    expect(ring(bent, 72, 34).px).toBeGreaterThan(ring(flat, 72, 34).px);
  });

  it("photographed from a screen it is found with an honest ring, or not at all", () => {
    const { located } = seen({ moire: 45, noise: 9 });
    if (located)
      expect(miss(SMALL, pose, located, 100, 22)).toBeLessThan(2 * ring(located, 100, 22).px + 0.3);
  });
});

describe("a whole face from afar", () => {
  const camera = { ...nominalCamera(1280, 720), k1: 0.02, fx: 1070, fy: 1070 };
  const belief: CameraBelief = nominalBelief(1280, 720);
  const random = seeded(50);
  const pose = viewOf(random, 560, 0.3);
  let image: GreyImage;
  let tags: FoundTag[];

  beforeAll(() => {
    image = render(camera, pose, FACE, random, { blur_px: 0.5, gradient: 0.3 });
    tags = findTags(image);
  });

  it("is told to a millimetre anywhere by a camera whose focal length is 4.5 % off", () => {
    const { located } = look(FACE, belief, [], tags, { image, recall });
    for (const x of [100, 241, 440]) {
      expect(miss(camera, pose, located!, x, 22)).toBeLessThan(1);
      expect(ring(located!, x, 22).mm).toBeLessThan(1.5);
    }
  });

  it("holds a label below the reading limit once it was read, and not otherwise", () => {
    expect(look(FACE, belief, [], tags, { image, recall }).located!.held).toEqual(["label"]);
    expect(look(FACE, belief, [], tags, { image }).located!.label_seen).toBe(false);
  });

  it("takes nothing for a label that is not there", () => {
    const bare = render(camera, pose, { ...FACE, label: null }, seeded(51), { blur_px: 0.5 });
    const { located } = look(FACE, belief, [], findTags(bare), { image: bare, recall });
    expect(located!.held).toEqual([]);
    const elsewhere = { ...FACE, label: { ...LABEL, x_mm: 240 } };
    expect(look(elsewhere, belief, [], tags, { image, recall }).located!.held).toEqual([]);
  });

  it("finds the second tag where label and first predict it", () => {
    const found = look(FACE, belief, [labelSeen(camera, pose)], tags.slice(0, 1), { image, recall });
    expect(found.located!.tags_seen.toSorted()).toEqual([133, 7]);
    expect(found.located!.held).toHaveLength(1);
  });

  it("is held by nothing but where it was expected", () => {
    const first = look(FACE, belief, [], tags, { image, recall }).located!;
    const from = (moved_mm: number) => {
      const at = [...first.pose];
      at[3]! += moved_mm;
      const expected = { pose: at, camera: first.camera };
      return look(FACE, belief, [], [], { image, recall, expected }).located;
    };
    expect(from(1.5)!.tags_seen).toEqual([7, 133]);
    expect(miss(camera, pose, from(1.5)!, 241, 22)).toBeLessThan(1);
    expect(from(60)).toBeNull();
  });

  it("gives nothing from behind: a mirrored picture's tags are not those of the layout", () => {
    const data = new Uint8Array(image.data.length);
    const { width, height } = image;
    for (let v = 0; v < height; v++)
      for (let u = 0; u < width; u++) data[v * width + u] = image.data[v * width + width - 1 - u]!;
    const mirrored = { width, height, data };
    const found = look(FACE, belief, [], findTags(mirrored), { image: mirrored, recall });
    expect(found.located).toBeNull();
  });
});

describe("a face that is seen only in part, by a camera held upright", () => {
  it("is told by the one label and tag in sight, with rings that grow towards the far end", () => {
    const camera = nominalCamera(540, 960);
    const pose = viewOf(seeded(61), 210, 0.3, [45, 22]);
    const image = render(camera, pose, FACE, seeded(62), { blur_px: 0.4 });
    const belief = nominalBelief(540, 960);
    const { located } = look(FACE, belief, [labelSeen(camera, pose)], findTags(image), { image, recall });
    expect(located!.tags_seen).toEqual([7]);
    expect(miss(camera, pose, located!, 60, 10)).toBeLessThan(0.5);
    expect(ring(located!, 460, 22).mm).toBeGreaterThan(5 * ring(located!, 60, 22).mm);
    const behind = inverse(located!.pose);
    expect(behind[11]).toBeLessThan(0); // the camera stands before the face
  });
});
