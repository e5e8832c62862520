import type { Device, DeviceType, Rack } from "@nearhand/contract";
import { describe, expect, it } from "vitest";
import { freeUnits, seenFrom, topOf, U_MM, unitsFromTop } from "./elevation";

const rack = (changes: Partial<Rack>) =>
  ({ height_u: 42, first_u: 1, counted_from: "bottom", ...changes }) as Rack;
const mounted = (position_u: number | null, height_u = 1, more: object = {}) => ({
  device: { position_u, face: "front", ...more } as Device,
  device_type: { height_u, is_full_depth: true, ...more } as DeviceType,
});

describe("a rack's drawing", () => {
  it("numbers its units as the rack is set", () => {
    expect(unitsFromTop(rack({})).slice(0, 2)).toEqual([42, 41]);
    expect(unitsFromTop(rack({ first_u: 0 })).at(-1)).toBe(0);
    expect(unitsFromTop(rack({ counted_from: "top" })).slice(0, 2)).toEqual([1, 2]);
  });

  it("puts a device where its unit is, counted from the bottom", () => {
    expect(topOf(rack({}), mounted(42))).toBeCloseTo(0);
    expect(topOf(rack({}), mounted(1))).toBeCloseTo(41 * U_MM);
    expect(topOf(rack({}), mounted(1, 2))).toBeCloseTo(40 * U_MM);
  });

  it("puts a device where its unit is, counted from the top and from 0", () => {
    expect(topOf(rack({ counted_from: "top" }), mounted(1))).toBe(0);
    expect(topOf(rack({ first_u: 0, counted_from: "top" }), mounted(3, 2))).toBeCloseTo(3 * U_MM);
  });

  it("has no place for a device without a unit", () => {
    expect(topOf(rack({}), mounted(null))).toBeNull();
  });
});

it("shows the other face from the other side, if the device reaches through", () => {
  expect(seenFrom("front", mounted(1))).toBe("front");
  expect(seenFrom("rear", mounted(1))).toBe("rear");
  expect(seenFrom("rear", mounted(1, 1, { is_full_depth: false }))).toBeNull();
});

it("counts free units once, however many devices share one", () => {
  expect(freeUnits(rack({}), [mounted(1, 2), mounted(2), mounted(null)])).toBe(40);
});
