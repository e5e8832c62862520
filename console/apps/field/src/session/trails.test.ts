import type { PointerMoved } from "@nearhand/contract";
import { beforeEach, describe, expect, it } from "vitest";
import { forgetTrails, trace, TRAIL_MS, trails } from "./trails";

const moved = (by: string, x: number | null): PointerMoved => ({
  type: "pointer.moved",
  by,
  place: null,
  points_mm: x === null ? null : [[x, 0, 0]],
  device: null,
});

beforeEach(forgetTrails);

describe("a pointer's trail", () => {
  it("is where it has just been, and no longer", () => {
    trace(moved("e", 1), 1000);
    trace(moved("e", 2), 1100);
    trace(moved("e", 3), 1000 + TRAIL_MS + 50);
    expect(trails.value["e"]!.map(({ point_mm }) => point_mm[0])).toEqual([2, 3]);
  });

  it("ends when the pointer is lifted, and only that person's", () => {
    trace(moved("e", 1), 1000);
    trace(moved("f", 5), 1000);
    trace(moved("e", null), 1010);
    expect(Object.keys(trails.value)).toEqual(["f"]);
  });
});
