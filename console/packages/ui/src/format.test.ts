import { beforeEach, expect, it } from "vitest";
import { age, quantity, timer } from "./format";
import { language } from "./i18n";

beforeEach(() => {
  language.value = "en";
});

it("gives a quantity three figures and a prefix", () => {
  expect(quantity(1_240_000_000, "bit/s")).toBe("1.24\u202fGbit/s");
  expect(quantity(63, "%")).toBe("63\u202f%");
  expect(quantity(38.25, "Cel")).toBe("38.3\u202f°C");
  expect(quantity(0, "bit/s")).toBe("0\u202fbit/s");
});

it("says how long ago in the largest whole unit", () => {
  expect(age(500)).toBe("0 sec");
  expect(age(65_000)).toBe("1 min");
  expect(age(7_300_000)).toBe("2 hr");
});

it("shows a running time with hours only when there are any", () => {
  expect(timer(425_000)).toBe("7:05");
  expect(timer(4_360_000)).toBe("1:12:40");
});
