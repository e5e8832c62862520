import { describe, expect, it } from "vitest";
import { nominalCamera } from "./camera";
import { DICT_4X4_250 } from "./dict4x4";
import { locate } from "./locate";
import { projectFace } from "./project";
import { findTags, turnBits } from "./tags";
import { LAYOUT, render, seeded, viewOf } from "./testing";

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
