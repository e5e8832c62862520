import type { StoredEvent } from "@nearhand/contract";
import { EMPTY_SESSION, reduce } from "@nearhand/live";
import { expect, it } from "vitest";
import { Fold } from "./fold";
import { logOf } from "./testing";

/** Always the same numbers: a failing run can be run again. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

function foldedFromTheStart(events: readonly StoredEvent[], count: number) {
  return events.slice(0, count).reduce(reduce, { ...EMPTY_SESSION, awaitsState: false });
}

it.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "any moment, asked in any order, is as folded from the start (seed %i)",
  (seed) => {
    const roll = dice(seed);
    const events = logOf(600 + roll(300), roll);
    const fold = new Fold(events);
    for (let turn = 0; turn < 30; turn++) {
      const count = roll(events.length + 1);
      expect(fold.after(count)).toEqual(foldedFromTheStart(events, count));
    }
  },
);

it("before the first event there is nothing, and after the last it stays", () => {
  const fold = new Fold(logOf(20, dice(9)));
  expect(fold.after(0).annotations).toEqual([]);
  expect(fold.after(99)).toBe(fold.after(20));
});

it("jumping about in ten thousand events folds at most a stretch of them each time", () => {
  const events = logOf(10_000, dice(10));
  let read = 0;
  const counting = new Proxy(events, {
    get: (list, key) => {
      if (typeof key === "string" && /^\d+$/.test(key)) read++;
      return Reflect.get(list, key) as unknown;
    },
  });
  const fold = new Fold(counting);
  fold.after(10_000);
  expect(read).toBe(10_000);
  for (const count of [3, 9_999, 5_000, 5_001, 4_999]) fold.after(count);
  expect(read).toBeLessThan(10_000 + 5 * 250);
});
