import type { Chart } from "@nearhand/contract";
import { expect, it } from "vitest";
import { lineOf, nearest, ticksOf, valueAt } from "./lanes";

const chart: Chart = {
  key: { device_id: "d", port: "", quantity: "temperature" },
  unit: "Cel",
  bucket_s: 10,
  since: "2026-01-05T09:00:00Z",
  until: "2026-01-05T09:01:00Z",
  buckets: [0, 10, 40].map((s, n) => ({
    at: `2026-01-05T09:00:${String(s).padStart(2, "0")}Z`,
    minimum: n,
    maximum: n,
    mean: n,
    count: 1,
  })),
};
const start = Date.parse(chart.since);

it("ten thousand events at a hundred places are a hundred strokes", () => {
  const times = Array.from({ length: 10_000 }, (_, n) => n % 100);
  expect(ticksOf(times, 100, 100, 20).split("M")).toHaveLength(101);
});

it("a click near an event means it, and one in the open means its own time", () => {
  expect(nearest([1000, 5000], 1100, 200)).toBe(1000);
  expect(nearest([1000, 5000], 3000, 200)).toBe(3000);
});

it("where nothing was measured the line has a gap, and there is no value", () => {
  expect(lineOf(chart, start, 60_000, 60, 20).match(/M/g)).toHaveLength(2);
  expect(valueAt(chart, start + 12_000)).toBe(1);
  expect(valueAt(chart, start + 36_000)).toBeNull();
  expect(valueAt(chart, start - 1)).toBeNull();
});
