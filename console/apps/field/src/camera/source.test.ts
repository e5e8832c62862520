import { describe, expect, it } from "vitest";
import { type CameraState, fitOf } from "./source";

const UPRIGHT = { width: 390, height: 844 };
const ACROSS = { width: 844, height: 390 };

function on(isDemo: boolean, isUpright: boolean): CameraState {
  return { status: "on", isDemo, isUpright, hasTorch: false };
}

describe("how the picture lies on the screen", () => {
  it("fills it with a real camera, however the phone is held", () => {
    expect(fitOf(on(false, false), UPRIGHT)).toBe("cover");
    expect(fitOf(on(false, true), ACROSS)).toBe("cover");
  });

  it("shows all of a demo's film that lies across the screen, so that the label stays in sight", () => {
    expect(fitOf(on(true, false), UPRIGHT)).toBe("contain");
    expect(fitOf(on(true, true), UPRIGHT)).toBe("cover");
    expect(fitOf(on(true, false), ACROSS)).toBe("cover");
  });
});
