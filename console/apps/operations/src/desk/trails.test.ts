import { expect, it } from "vitest";
import { faded, TRAIL_MS, type Spot } from "./trails";

const spot = (at: number): Spot => ({ at, on: null, point_mm: null, frame: null, point: [0.5, 0.5] });

it("a trail fades from its end, and a resting pointer stays for a while", () => {
  const trail = { expert: [spot(0), spot(500), spot(1000)] };
  expect(faded(trail, 1000 + TRAIL_MS - 1)["expert"]!.map(({ at }) => at)).toEqual([1000]);
  expect(faded(trail, 1100)["expert"]!.map(({ at }) => at)).toEqual([500, 1000]);
});

it("a pointer nobody moves any more disappears, as after a lost line", () => {
  expect(faded({ expert: [spot(0)] }, 60_000)).toEqual({});
});
