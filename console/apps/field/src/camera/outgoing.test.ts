import { nominalCamera, poseOf } from "@nearhand/spatial";
import { describe, expect, it } from "vitest";
import { type MaskWanted, veilOf } from "./outgoing";

const SURE = Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 1e-8 : 0));
const CAMERA = { ...nominalCamera(1280, 720), k1: 0 };
const AHEAD = { pose: poseOf([0, 0, 0], [-241.3, -22, 520]), covariance: SURE };
const EXTENT = { left: 0, top: 0, right: 482.6, bottom: 44 };
const WANTED: MaskWanted = { rule: "enforce", deviceId: "D", extent: EXTENT };
const SEEN = { width: 1280, height: 720, camera: CAMERA, deviceId: "D", located: AHEAD };

describe("what of a frame others may see", () => {
  it("is all of it where nothing is asked, and where there is only a warning", () => {
    for (const rule of ["off", "warn"] as const)
      expect(veilOf({ ...WANTED, rule }, SEEN)).toEqual({ mask: "none", outline: null });
  });

  it("is the device's face, as far as it is sure in exactly this frame", () => {
    const { mask, outline } = veilOf(WANTED, SEEN);
    expect(mask).toBe("range");
    const vs = outline!.map(([, v]) => v);
    const height = (44 * CAMERA.fy) / 520;
    expect(Math.max(...vs) - Math.min(...vs)).toBeCloseTo(height - 3, 0);
  });

  it("is nothing of a face that is not seen, is another's, or is unsure", () => {
    const whole = { mask: "whole", outline: null };
    expect(veilOf(WANTED, { ...SEEN, located: null })).toEqual(whole);
    expect(veilOf(WANTED, { ...SEEN, deviceId: "E" })).toEqual(whole);
    expect(veilOf({ ...WANTED, deviceId: null, extent: null }, SEEN)).toEqual(whole);
    expect(veilOf(WANTED, { ...SEEN, width: 640, height: 360 })).toEqual(whole);
    const vague = { ...AHEAD, covariance: SURE.map((one) => one * 1e12) };
    expect(veilOf(WANTED, { ...SEEN, located: vague })).toEqual(whole);
  });

  it("keeps as many pixels clear of the edge in the picture that is made smaller", () => {
    const top = (reduction: number) =>
      Math.min(...veilOf(WANTED, SEEN, reduction).outline!.map(([, v]) => v));
    expect(top(2) - top(1)).toBeCloseTo(1.5, 1);
    expect(top(0.5)).toBe(top(1));
  });
});
