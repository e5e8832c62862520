import { nominalCamera, poseOf } from "@nearhand/spatial";
import { describe, expect, it } from "vitest";
import { Searcher } from "./where";

const CAMERA = nominalCamera(1280, 720);
const LARGE = { width: 1920, height: 1080 };
const LAYOUT = {
  label: { text: "HTTPS://N/D/00000000", x_mm: 40, y_mm: 22, size_mm: 20 },
  tags: [
    { id: 1, x_mm: 11, y_mm: 22, size_mm: 15 },
    { id: 2, x_mm: 471, y_mm: 22, size_mm: 15 },
  ],
};
const WHOLE = { x: 0, y: 0, w: 1280, h: 720 };
const AHEAD = poseOf([0, 0, 0], [-241, -22, 500]);

describe("where to look for symbols", () => {
  it("is everywhere for a label while no device is known, and not for tags", () => {
    const searcher = new Searcher();
    const looks = [0, 1].map(() => searcher.everywhere(CAMERA, null));
    expect(looks.map(({ tags }) => tags)).toEqual([[], []]);
    expect(looks[0]!.label).toEqual(WHOLE);
    expect(looks[1]!.label!.w).toBeLessThan(1280);
  });

  it("covers a large picture in full resolution within half a second when a known face is lost", () => {
    const searcher = new Searcher();
    const tiles = Array.from({ length: 8 }, () => searcher.everywhere(LARGE, LAYOUT).tags[0]!);
    for (const [x, y] of [[5, 5], [1915, 5], [5, 1075], [1915, 1075], [960, 540]] as const)
      expect(tiles.some((t) => t.w < 1920 && x >= t.x && x < t.x + t.w && y >= t.y && y < t.y + t.h)).toBe(true); // prettier-ignore
    expect(tiles).toContainEqual({ x: 0, y: 0, w: 1920, h: 1080 });
  });

  it("is around each symbol while the face is held, every third frame", () => {
    const searcher = new Searcher();
    expect(searcher.held(LAYOUT, CAMERA, AHEAD, 0, 0)!.label).toEqual(WHOLE); // for other labels, now and then
    expect(searcher.held(LAYOUT, CAMERA, AHEAD, 1, 33)).toBeNull();
    const { tags, label } = searcher.held(LAYOUT, CAMERA, AHEAD, 3, 100)!;
    expect(tags).toHaveLength(2);
    expect(label).not.toBeNull();
    for (const region of [...tags, label!]) expect(region.w * region.h).toBeLessThan(20_000);
  });

  it("leaves out symbols that are not in view", () => {
    const searcher = new Searcher();
    const right = poseOf([0, 0, 0], [-420, -22, 200]);
    searcher.held(LAYOUT, CAMERA, right, 0, 0);
    const { tags, label } = searcher.held(LAYOUT, CAMERA, right, 3, 400)!;
    expect(tags).toHaveLength(1);
    expect(label).toBeNull();
  });
});
