import { nominalCamera, type Pose, poseOf, projectFace } from "@nearhand/spatial";
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
    expect(searcher.held(LAYOUT, CAMERA, at(AHEAD, 0.1, 0), 0)).toEqual({ tags: [WHOLE], label: WHOLE, isWide: true }); // prettier-ignore
    expect(searcher.held(LAYOUT, CAMERA, at(AHEAD, 0.1, 1), 33)).toBeNull();
    const { tags, label, isWide } = searcher.held(LAYOUT, CAMERA, at(AHEAD, 0.1, 3), 100)!;
    expect(tags).toHaveLength(2);
    expect(label).not.toBeNull();
    expect(isWide).toBe(false);
    for (const region of [...tags, label!]) expect(region.w * region.h).toBeLessThan(20_000);
  });

  it("is everywhere now and then while the face is held: for tags each second, for labels less often", () => {
    const searcher = new Searcher();
    const wide = Array.from({ length: 100 }, (_, n) => {
      const look = searcher.held(LAYOUT, CAMERA, at(AHEAD, 0.1, n % 3), n * 33);
      return look?.isWide ? look : null;
    }).filter((look) => look !== null);
    expect(wide).toHaveLength(5);
    expect(wide.filter(({ label }) => label !== null)).toHaveLength(3);
    for (const { tags } of wide) expect(tags).toEqual([WHOLE]);
  });

  it("is as much wider as the face may have drifted, so that a tag is found again where it truly is", () => {
    const searcher = new Searcher();
    const far = poseOf([0, 0, 0], [-400, -22, 330]);
    const [u, v] = projectFace(CAMERA, far, [471, 22, 0])!;
    searcher.held(LAYOUT, CAMERA, at(far, 0.1, 0), 0);
    const widthAt = (sd_mm: number) => searcher.held(LAYOUT, CAMERA, at(far, sd_mm, 3), 100)!.tags[0]!;
    const [sure, drifted, lost] = [widthAt(0.1), widthAt(12), widthAt(500)];
    expect(sure.w).toBeLessThan(130);
    for (const [du, dv] of [[0, -60], [0, 60], [60, 0]] as const)
      expect(holds(drifted, u + du, v + dv, 23)).toBe(true); // prettier-ignore
    expect(lost.w * lost.h).toBeLessThan(200_000);
    const besides = poseOf([0, 0, 0], [-350, -22, 200]); // by what is believed, the far tag is just off the picture
    expect(searcher.held(LAYOUT, CAMERA, at(besides, 0.1, 3), 200)?.tags ?? []).toHaveLength(0);
    expect(searcher.held(LAYOUT, CAMERA, at(besides, 12, 3), 300)!.tags).toHaveLength(1);
  });

  it("leaves out symbols that are not in view", () => {
    const searcher = new Searcher();
    const right = poseOf([0, 0, 0], [-420, -22, 200]);
    searcher.held(LAYOUT, CAMERA, at(right, 0.1, 0), 0);
    const { tags, label } = searcher.held(LAYOUT, CAMERA, at(right, 0.1, 3), 400)!;
    expect(tags).toHaveLength(1);
    expect(label).toBeNull();
  });
});

/** Held for so many frames, its place known to so many millimetres. */
function at(pose: Pose, sd_mm: number, frames: number) {
  const covariance = Array.from({ length: 36 }, (_, i) => (i % 7 === 0 && i > 20 ? sd_mm * sd_mm : 0));
  return { pose, covariance, frames };
}

function holds({ x, y, w, h }: { x: number; y: number; w: number; h: number }, u: number, v: number, reach: number) {
  return u - reach >= x && v - reach >= y && u + reach <= x + w && v + reach <= y + h;
} // prettier-ignore
