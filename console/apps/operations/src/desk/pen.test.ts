import { describe, expect, it } from "vitest";
import { MAX_POINTS, penDown, penMove, penUp, type Draft, type Scale } from "./pen";

const mm: Scale = { tap: 2, reach: 8, aspect: 1 };
const draw = (draft: Draft | null, scale: Scale, ...to: [number, number][]) =>
  penUp(
    to.reduce((drawn, at) => penMove(drawn, at, scale), draft!),
    scale,
  );

describe("the pen", () => {
  it("draws a ring from its centre to its rim", () => {
    expect(draw(penDown("ring", [10, 10]), mm, [15, 10], [16, 10])).toEqual({
      shape: "ring",
      points: [
        [10, 10],
        [16, 10],
      ],
    });
  });

  it("makes a ring of a good size of a tap", () => {
    expect(draw(penDown("ring", [10, 10]), mm, [10.5, 10]).points).toEqual([
      [10, 10],
      [18, 10],
    ]);
  });

  it("points a tapped arrow at the tapped place", () => {
    expect(draw(penDown("arrow", [50, 50]), mm).points.at(-1)).toEqual([50, 50]);
  });

  it("keeps a long stroke within what a message may carry, with both its ends", () => {
    const path = Array.from({ length: 3000 }, (_, n): [number, number] => [n, n % 7]);
    const { points } = draw(penDown("draw", [0, 0]), mm, ...path);
    expect(points.length).toBeLessThanOrEqual(MAX_POINTS);
    expect(points[0]).toEqual([0, 0]);
    expect(points.at(-1)).toEqual([2999, 2999 % 7]);
  });

  it("moves a text until the pen is lifted", () => {
    expect(draw(penDown("text", [1, 1]), mm, [4, 5]).points).toEqual([[4, 5]]);
  });

  it("draws nothing with tools that draw nothing", () => {
    expect(penDown("select", [0, 0])).toBeNull();
    expect(penDown("port", [0, 0])).toBeNull();
  });
});
