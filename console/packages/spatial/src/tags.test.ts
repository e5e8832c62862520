import { describe, expect, it } from "vitest";
import { nominalBelief, nominalCamera } from "./camera";
import { DICT_4X4_250 } from "./dict4x4";
import { locate, look } from "./locate";
import type { Pose } from "./pose";
import { projectFace } from "./project";
import { type Quad, findQuads } from "./quads";
import { symbolCorners } from "./sights";
import { findTagNear, findTags, turnBits } from "./tags";
import { LAYOUT, render, seeded, viewOf, wholeFaceView } from "./testing";

const CAMERA = nominalCamera(800, 450);

describe("tags", () => {
  it("are found with corners to a fifth of a pixel, and give the pose of the whole face", () => {
    const random = seeded(5);
    const errors: number[] = [];
    for (let i = 0; i < 4; i++) {
      const pose = viewOf(random, 480 + 60 * random(), 0.35);
      const image = render(CAMERA, pose, LAYOUT, random);
      const tags = findTags(image);
      expect(tags.map((tag) => tag.id).sort((a, b) => a - b)).toEqual([7, 133]);
      const located = locate(LAYOUT, CAMERA, [], tags, { image })!;
      expect(located.tags_seen).toEqual([7, 133]);
      for (const x_mm of [20, 241, 460]) {
        const truth = projectFace(CAMERA, pose, [x_mm, 30, 0])!;
        const found = projectFace(located.camera, located.pose, [x_mm, 30, 0])!;
        errors.push(Math.hypot(truth[0] - found[0], truth[1] - found[1]));
      }
    }
    errors.sort((a, b) => a - b);
    expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(0.2);
    expect(Math.max(...errors)).toBeLessThan(1);
  }, 60_000);

  it("are not found where there are none", () => {
    const random = seeded(6);
    const pose = viewOf(random, 500, 0.2);
    expect(findTags(render(CAMERA, pose, { label: null, tags: [] }, random))).toEqual([]);
  }, 60_000);

  it("come in a dictionary in which no tag is another one turned", () => {
    const all = new Set<number>();
    for (const bits of DICT_4X4_250) {
      let turned = bits;
      for (let k = 0; k < 4; k++, turned = turnBits(turned)) all.add(turned);
      expect(turned).toBe(bits);
    }
    expect(all.size).toBe(1000);
  });
});

const shown = (camera: typeof CAMERA, pose: Pose, k: number) =>
  symbolCorners(LAYOUT.tags[k]!).map(([x, y]) => projectFace(camera, pose, [x, y, 0])!) as unknown as Quad;

describe("a whole 1 U face in a 720p picture", () => {
  const belief = nominalBelief(1280, 720);

  it("shows both of its tags, blurred, smeared and noisy as it may be", () => {
    const random = seeded(70);
    const ids: number[] = [];
    for (let i = 0; i < 12; i++) {
      const { camera, pose, light } = wholeFaceView(random);
      ids.push(...findTags(render(camera, pose, LAYOUT, random, light)).map((tag) => tag.id));
    }
    expect(ids.every((id) => id === 7 || id === 133)).toBe(true);
    expect(ids.length).toBeGreaterThanOrEqual(23);
  }, 60_000);

  it("tells from one tag where the other is to be looked for, however far that may be off", () => {
    const random = seeded(71);
    for (let i = 0; i < 4; i++) {
      const { camera, pose, light } = wholeFaceView(random);
      const image = render(camera, pose, LAYOUT, random, light);
      const alone = findTags(image).filter((tag) => tag.id === 7);
      const { located } = look(LAYOUT, belief, [], alone, { image });
      expect(located!.tags_seen).toEqual([7, 133]);
      const [found, truth] = [
        projectFace(located!.camera, located!.pose, [440, 22, 0])!,
        projectFace(camera, pose, [440, 22, 0])!,
      ];
      expect(Math.hypot(found[0] - truth[0], found[1] - truth[1])).toBeLessThan(0.7);
      // What is not of this moment is not looked at.
      const [u, v] = shown(camera, pose, 1)[0];
      const fresh = [{ x: 0, y: 0, w: Math.floor(u) - 20, h: 720 }];
      expect(v).toBeGreaterThan(0);
      expect(look(LAYOUT, belief, [], alone, { image, fresh }).located!.tags_seen).toEqual([7]);
    }
  }, 60_000);
});

describe("one tag where it is expected", () => {
  const random = seeded(72);
  const pose = viewOf(random, 640, 0.3);
  const [u, v] = shown(CAMERA, pose, 0)[0];
  const expected = shown(CAMERA, pose, 0).map(([x, y]) => [x + 30, y - 22]) as unknown as Quad;
  const whole = [{ x: 0, y: 0, w: 800, h: 450 }];
  const image = render(CAMERA, pose, LAYOUT, random, { blur_px: 0.6 });

  it("is found with corners to a quarter of a pixel", () => {
    const found = findTagNear(image, 7, expected, 45, whole)!;
    expect(Math.hypot(found[0][0] - u, found[0][1] - v)).toBeLessThan(0.25);
  });

  it("is not taken for another, nor for one that is turned, nor found farther off than it may be", () => {
    const turned = [1, 2, 3, 0].map((k) => expected[k]!) as unknown as Quad;
    expect(findTagNear(image, 8, expected, 45, whole)).toBeNull();
    expect(findTagNear(image, 7, turned, 45, whole)).toBeNull();
    expect(findTagNear(image, 7, expected, 25, whole)).toBeNull();
  });

  it("may have one module wrong", () => {
    const [bits, id] = [DICT_4X4_250[7]!, 7];
    const [p, q] = [(u + expected[2][0] - 30) / 2, (v + expected[2][1] + 22) / 2];
    const module = (expected[1][0] - expected[0][0]) / 6;
    const dirty = { ...image, data: image.data.slice() };
    const isLight = (bits >> 10) & 1; // second row, second column
    for (let y = Math.round(q - module); y < q; y++)
      for (let x = Math.round(p - module); x < p; x++) dirty.data[y * 800 + x] = isLight ? 30 : 225;
    expect(findTags(dirty).filter((tag) => tag.id === id)).toEqual([]);
    expect(findTagNear(dirty, id, expected, 45, whole)).not.toBeNull();
  });
});

describe("dark quadrilaterals", () => {
  it("are found up to the margin of pictures with odd sides", () => {
    const [width, height] = [101, 75];
    for (const [left, top] of [
      [2, 2],
      [78, 2],
      [2, 52],
      [78, 52],
      [40, 31],
    ] as const) {
      const data = new Uint8Array(width * height).fill(200);
      for (let y = top; y < top + 21; y++) data.fill(40, y * width + left, y * width + left + 21);
      const corners = findQuads({ width, height, data }, [2]).flat().map(String);
      const [right, bottom] = [left + 20, top + 20];
      for (const [x, y] of [
        [left, top],
        [right, top],
        [right, bottom],
        [left, bottom],
      ])
        expect(corners).toContain(`${x},${y}`);
    }
  });

  it("are looked for in no time beside borders without end, such as brushed metal makes", () => {
    const [width, height] = [1280, 720];
    const data = new Uint8Array(width * height).fill(120);
    for (let y = 4; y < height - 80; y++)
      for (let x = 4; x < width - 4; x++)
        if (x % 28 < 2 || (x % 28 < 26 && y % 3 === 0)) data[y * width + x] = 40;
    for (let y = height - 40; y < height - 20; y++) data.fill(40, y * width + 600, y * width + 620);
    const started = performance.now();
    const corners = findQuads({ width, height, data }, [5]).flat().map(String);
    expect(corners).toEqual(expect.arrayContaining(["600,680", "619,680", "619,699", "600,699"]));
    expect(performance.now() - started).toBeLessThan(500); // and not each pixel of such a border begins it anew
  });

  it("are not tags, however many of them there are", () => {
    const random = seeded(73);
    const [width, height] = [1280, 720];
    for (let picture = 0; picture < 6; picture++) {
      const data = new Uint8Array(width * height).fill(150);
      for (let k = 0; k < 6000; k++) {
        const [w, h] = [2 + 30 * random() ** 2, 2 + 30 * random() ** 2];
        const [x, y] = [(width - w) * random(), (height - h) * random()];
        const value = random() < 0.5 ? 20 + 60 * random() : 140 + 100 * random();
        for (let row = Math.floor(y); row < y + h; row++)
          data.fill(value, row * width + Math.floor(x), row * width + Math.floor(x + w));
      }
      for (let i = 0; i < data.length; i++) data[i]! += 8 * random();
      expect(findTags({ width, height, data })).toEqual([]);
    }
  });
});
