import { expect, it } from "vitest";
import { SIGNAL_BUZZ } from "./buzz";

it("gives each signal a buzz of its own, and stop the longest", () => {
  const length = (pattern: readonly number[]) => pattern.reduce((sum, ms, n) => sum + (n % 2 ? 0 : ms), 0);
  const all = Object.values(SIGNAL_BUZZ);
  expect(new Set(all.map(String)).size).toBe(all.length);
  expect(Math.max(...all.map(length))).toBe(length(SIGNAL_BUZZ.stop));
});
