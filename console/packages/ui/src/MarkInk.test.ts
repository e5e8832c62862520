import { describe, expect, it } from "vitest";
import { outline, wordsAt } from "./MarkInk";

describe("the outline of a mark", () => {
  it("of a ring is a circle through its rim point", () => {
    const path = outline("ring", [
      [10, 10],
      [13, 14],
    ]);
    expect(path).toBe("M5,10 a5,5 0 1 0 10,0 a5,5 0 1 0 -10,0");
  });

  it("of an arrow ends in two wings at its head", () => {
    const path = outline("arrow", [
      [0, 0],
      [100, 0],
    ]);
    expect(path.startsWith("M0,0 L100,0 ")).toBe(true);
    expect(path.match(/M100,0/g)).toHaveLength(2);
  });

  it("of a text is nothing: the words are the mark", () => {
    expect(outline("text", [[5, 5]])).toBe("");
  });
});

describe("the words of a mark", () => {
  it("stand beside the ring of a port, whatever its outline is made of", () => {
    const quad = [[90, 40], [110, 44], [108, 60], [92, 58], [90, 40]] as const; // prettier-ignore
    expect(wordsAt("port", [[100, 50]])[0]).toBeGreaterThan(110);
    expect(wordsAt("port", [[100, 50]], quad)).toEqual([110, 50]);
  });

  it("stand beside a ring seen from the side, not at the rim it would have from the front", () => {
    const ellipse = [[60, 50], [100, 20], [140, 50], [100, 80]] as const; // prettier-ignore
    expect(wordsAt("ring", [[100, 50], [110, 50]], ellipse)).toEqual([140, 50]); // prettier-ignore
  });
});
