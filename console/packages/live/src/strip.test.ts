import { describe, expect, it } from "vitest";
import { readStrip, STRIP_BLOCKS, STRIP_PARTS, stripSize, tagOf, writeStrip } from "./strip";

const light = (blocks: readonly boolean[]) => blocks.map((is) => (is ? 235 : 16));

describe("the strip", () => {
  it("reads back what was written, also the greatest number", () => {
    for (const frame_id of [0, 1, 77, 65_536, 2 ** 31, 2 ** 32 - 1])
      for (const mask of ["none", "range", "whole"] as const) {
        const mark = { tag: tagOf("cam-1"), frame_id, mask };
        expect(readStrip(light(writeStrip(mark)))).toEqual(mark);
      }
  });

  it("is not read when one block is wrong, whichever it is", () => {
    const strip = light(writeStrip({ tag: 7, frame_id: 1234, mask: "none" }));
    for (let at = 0; at < STRIP_BLOCKS; at++)
      expect(readStrip(strip.map((value, block) => (block === at ? 255 - value : value)))).toBeNull();
  });

  it("is not read from pictures without one: black, white, grey, or striped", () => {
    for (const value of [0, 127, 129, 255]) expect(readStrip(Array(STRIP_BLOCKS).fill(value))).toBeNull();
    expect(readStrip(Array.from({ length: STRIP_BLOCKS }, (_, k) => (k % 2) * 255))).toBeNull();
  });

  it("has whole pixels at every size, and no picture is longer than was asked for by more than a part", () => {
    for (const [w, h] of [
      [1920, 1080],
      [1280, 720],
      [720, 1280],
      [640, 480],
      [1081, 607],
    ] as const)
      for (const longest of [1280, 640]) {
        const { width, height, total } = stripSize(w, h, longest);
        expect(total % STRIP_PARTS).toBe(0);
        expect(height).toBe((total / STRIP_PARTS) * (STRIP_PARTS - 1));
        expect([width % 2, total % 2]).toEqual([0, 0]);
        expect(Math.max(width, height)).toBeLessThan(longest * 1.05);
        expect(Math.abs(width / height / (w / h) - 1)).toBeLessThan(0.006);
      }
    expect(stripSize(1280, 720, 1280)).toEqual({ width: 1280, height: 720, total: 736 });
  });
});
