import { expect, it } from "vitest";
import { modulesFor, reach_mm } from "./readable";

it("takes the smallest symbol that holds the text", () => {
  expect(modulesFor("A".repeat(20))).toBe(21);
  expect(modulesFor("A".repeat(21))).toBe(25);
  expect(modulesFor("HTTPS://NEARHAND.EXAMPLE/D/7K3M9QXZ")).toBe(25);
});

it("reaches twice as far with twice the size", () => {
  const text = "HTTP://10.0.0.5:8000/D/7K3M9QXZ";
  expect(reach_mm(text, 30, 1920)).toBeCloseTo(2 * reach_mm(text, 15, 1920));
  expect(reach_mm(text, 15, 1920)).toBeGreaterThan(200);
});
