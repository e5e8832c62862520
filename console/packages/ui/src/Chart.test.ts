import { describe, expect, it } from "vitest";
import { roofOf } from "./Chart";

describe("the upper end of a chart", () => {
  it.each([
    [36.4, 40],
    [40, 50],
    [1270, 1500],
    [0.83, 1],
    [9.9, 12],
    [98.5, 120],
    [0, 1],
  ])("above %d is the round figure %d", (max, roof) => {
    expect(roofOf(max)).toBeCloseTo(roof);
  });
});
