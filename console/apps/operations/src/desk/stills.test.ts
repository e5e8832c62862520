import type { SharedStill } from "@nearhand/contract";
import { describe, expect, it } from "vitest";
import { frameOf, placeOf, WholeAsked } from "./stills";

const PART = { x: 100, y: 300, frame_width: 1280, frame_height: 720 };
const still = (change: Partial<SharedStill> = {}) =>
  ({ by: "T", width: 600, height: 200, ...change }) as SharedStill;

describe("a still", () => {
  it("that shows a part of its frame lies in it", () => {
    expect(frameOf(still({ part: PART }))).toEqual({ width: 1280, height: 720 });
    expect(placeOf(still({ part: PART }))).toEqual({ x: 100, y: 300, width: 600, height: 200 });
    expect(frameOf(still())).toEqual({ width: 600, height: 200 });
    expect(placeOf(still({ part: null }))).toEqual({ x: 0, y: 0, width: 600, height: 200 });
  });

  it("that shows all is the answer to who asked for that, once, of whom it was asked, and in time", () => {
    let now = 0;
    const whole = new WholeAsked(() => now);
    expect(whole.isAnsweredBy(still())).toBe(false);
    whole.ask("T");
    expect(whole.isAnsweredBy(still({ part: PART }))).toBe(false);
    expect(whole.isAnsweredBy(still({ by: "another" }))).toBe(false);
    expect(whole.isAnsweredBy(still())).toBe(true);
    expect(whole.isAnsweredBy(still())).toBe(false);
    whole.ask("T");
    now = 20_001;
    expect(whole.isAnsweredBy(still())).toBe(false);
  });
});
