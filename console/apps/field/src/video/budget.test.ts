// @vitest-environment happy-dom
import { budgetState, dataSize, dataUsed } from "@nearhand/ui/rung";
import { expect, it } from "vitest";
import { BUDGETS, budgetNow, chooseBudget, nextBudget } from "./budget";

const MB = 1_000_000;

it("the service's budget holds until one is chosen here, which is remembered", () => {
  expect([budgetNow(null), budgetNow(3 * MB)]).toEqual([null, 3 * MB]);
  chooseBudget(200 * MB);
  expect(budgetNow(3 * MB)).toBe(200 * MB);
  expect(localStorage.getItem("nearhand.field.budget")).toBe("200000000");
  chooseBudget(null);
  expect(budgetNow(3 * MB)).toBeNull();
});

it("the next budget always leaves room", () => {
  expect(nextBudget(51 * MB, 50 * MB)).toBe(200 * MB);
  expect(nextBudget(3 * MB, 3 * MB)).toBe(50 * MB);
  expect(nextBudget(230 * MB, 50 * MB)).toBe(1000 * MB);
  expect(nextBudget(1001 * MB, BUDGETS[2])).toBeNull();
});

it("both sides are told from four fifths on, and when all is used", () => {
  const at = (mb: number) => budgetState(mb * MB, 50 * MB);
  expect([at(39.9), at(40), at(49.9), at(50)]).toEqual(["fine", "near", "near", "spent"]);
  expect(budgetState(1e12, null)).toBe("fine");
});

it("data are told in decimal units, no finer than they matter", () => {
  expect([0, 0.04, 0.44, 9.96, 38.2, 50, 999, 1000, 1234].map((mb) => dataSize(mb * MB))).toEqual([
    "0 MB", "0 MB", "0.4 MB", "10 MB", "38 MB", "50 MB", "999 MB", "1 GB", "1.2 GB",
  ]); // prettier-ignore
  expect(dataUsed(38.2 * MB, 50 * MB)).toBe("38 MB of 50 MB");
  expect(dataUsed(0.4 * MB, null)).toBe("0.4 MB");
});
