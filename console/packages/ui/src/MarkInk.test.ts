import { describe, expect, it } from "vitest";
import { outline } from "./MarkInk";

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
