import { describe, expect, it } from "vitest";
import { IDENTITY, compose, inverse, poseOf, rotationVector, transform } from "./pose";
import { seeded } from "./testing";

const random = seeded(11);
const vector = (scale: number) =>
  [0, 1, 2].map(() => (random() - 0.5) * 2 * scale) as [number, number, number];

describe("a pose", () => {
  it("undoes itself by its inverse", () => {
    for (let i = 0; i < 50; i++) {
      const p = poseOf(vector(3), vector(500));
      compose(p, inverse(p)).forEach((value, k) => expect(value).toBeCloseTo(IDENTITY[k]!, 9));
    }
  });

  it("gives back its rotation vector, also near nothing and near half a turn", () => {
    const lengths = [1e-9, 1e-4, 1, 3, Math.PI - 1e-6];
    for (const length of lengths) {
      const v = vector(1);
      const scale = length / Math.hypot(...v);
      const scaled = v.map((x) => x * scale) as [number, number, number];
      rotationVector(poseOf(scaled, [0, 0, 0])).forEach((x, k) => expect(x).toBeCloseTo(scaled[k]!, 6));
    }
  });

  it("turns x to y by a quarter turn about z, as OpenCV's Rodrigues does", () => {
    const [x, y, z] = transform(poseOf([0, 0, Math.PI / 2], [1, 2, 3]), [1, 0, 0]);
    expect([x, y, z].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 3, 3]);
  });

  it("applies the right factor of a composition first", () => {
    const [a, b] = [poseOf(vector(1), vector(9)), poseOf(vector(1), vector(9))];
    const together = transform(compose(a, b), [1, 2, 3]);
    transform(a, transform(b, [1, 2, 3])).forEach((value, k) => expect(together[k]).toBeCloseTo(value, 9));
  });
});
