import { expect, it } from "vitest";
import { Fingers, pointIn } from "./points";

it("finds the point of the picture that is under a finger, whether it fills the screen or lies within", () => {
  const [picture, box] = [
    { width: 1920, height: 1080 },
    { width: 400, height: 800 },
  ];
  expect(pointIn(picture, box, [200, 400], "cover")).toEqual([0.5, 0.5]);
  const left = pointIn(picture, box, [0, 0], "cover")!;
  expect(left[1]).toBe(0);
  expect(left[0]).toBeCloseTo(0.5 - 200 / (1920 * (800 / 1080)));
  expect(pointIn(picture, box, [0, 400], "contain")).toEqual([0, 0.5]);
  expect(pointIn(picture, box, [200, 10], "contain")).toBeNull();
  expect(pointIn({ width: 0, height: 0 }, box, [1, 1], "cover")).toBeNull();
});

function hand() {
  const felt: string[] = [];
  const at = { now: 0 };
  const fingers = new Fingers(
    ([x, y]) => felt.push(`tap ${x},${y}`),
    (factor, isBegun) => felt.push(`${isBegun ? "begin" : "pinch"} ${factor}`),
    () => at.now,
  );
  return { fingers, felt, at };
}

it("takes a short touch in one place for a tap, and no long one and no swipe", () => {
  const { fingers, felt, at } = hand();
  fingers.down(1, [10, 10]);
  fingers.up(1, [12, 11]);
  fingers.down(1, [10, 10]);
  fingers.up(1, [90, 10]);
  fingers.down(1, [10, 10]);
  at.now = 900;
  fingers.up(1, [10, 10]);
  expect(felt).toEqual(["tap 12,11"]);
});

it("takes two fingers for a pinch, by how many times they are farther apart, and for no tap", () => {
  const { fingers, felt } = hand();
  fingers.down(1, [0, 0]);
  fingers.down(2, [100, 0]);
  fingers.move(2, [200, 0]);
  fingers.move(3, [900, 0]);
  fingers.up(2, [200, 0]);
  fingers.up(1, [0, 0]);
  expect(felt).toEqual(["begin 1", "pinch 2"]);
});
