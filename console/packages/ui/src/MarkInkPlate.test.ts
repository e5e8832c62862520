import { describe, expect, it } from "vitest";
import { plateAtEdge, plateOf, wide } from "./MarkInkPlate";

describe("a plate", () => {
  it("of a short word is one line, as wide as the word", () => {
    expect(plateOf("37")).toMatchObject({ lines: ["37"], height: 24 });
    expect(plateOf("37").width).toBeLessThan(plateOf("Port 37").width);
  });

  it("of a sentence breaks between words", () => {
    expect(plateOf("pull this one out slowly", 100).lines).toEqual(["pull this", "one out", "slowly"]);
  });

  it("of ideographs breaks between characters", () => {
    const { lines, width } = plateOf("請將這個連接埠的線拔出", 100);
    expect(lines.join("")).toBe("請將這個連接埠的線拔出");
    expect(width).toBeLessThanOrEqual(100);
  });

  it("never grows beyond its room: what is too long ends in an ellipsis", () => {
    const plate = plateOf("word ".repeat(60), 120);
    expect(plate.lines).toHaveLength(3);
    expect(plate.lines[2]).toMatch(/…$/);
    for (const line of plate.lines) expect(wide(line)).toBeLessThanOrEqual(15);
    expect(plate.width).toBeLessThanOrEqual(125);
  });

  it("at the screen's edge has room for an arrow", () => {
    expect(plateAtEdge(plateOf("37")).width).toBeGreaterThan(plateOf("37").width);
  });
});
