import type { Shape, StillMark } from "@nearhand/contract";
import { describe, expect, it } from "vitest";
import { inkOnStill, namedOnStill } from "./stillWords";

const scale = ([u, v]: readonly [number, number]): [number, number] => [u * 400, v * 200];

function mark(shape: Shape, points: [number, number][], text = "this one"): StillMark {
  const anchor = { kind: "still", sha256: "a".repeat(64), width: 1280, height: 640, points };
  return { id: "m", shape, text, anchor } as unknown as StillMark;
}

describe("a mark on a still", () => {
  it("has its words beside what it means, off what is drawn", () => {
    const [ring] = namedOnStill(mark("ring", [[0.5, 0.5], [0.6, 0.5]]), scale); // prettier-ignore
    expect(ring).toMatchObject({ at: [200, 100], rise: null, text: "this one" });
    expect(ring!.clear).toBeCloseTo(40);
    const [arrow] = namedOnStill(mark("arrow", [[0, 0], [0.25, 0.5]]), scale); // prettier-ignore
    expect(arrow!.at).toEqual([100, 100]);
  });

  it("in space names its first point, and its words stand at the second", () => {
    const label = mark("label_3d", [[0.5, 0.5], [0.75, 0.25]]); // prettier-ignore
    expect(namedOnStill(label, scale)[0]).toMatchObject({ at: [200, 100], rise: [300, 50] });
    expect(inkOnStill(label)).toEqual([[0.5, 0.5]]);
  });

  it("without words has none", () => {
    expect(namedOnStill(mark("ring", [[0.5, 0.5], [0.6, 0.5]], ""), scale)).toEqual([]); // prettier-ignore
  });
});
