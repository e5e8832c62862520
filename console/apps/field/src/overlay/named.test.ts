// @vitest-environment happy-dom
import type { FaceMark, Face } from "@nearhand/contract";
import { nominalCamera, type Point, poseOf } from "@nearhand/spatial";
import { describe, expect, it } from "vitest";
import { type Memory, namedMarks, namedPorts, sureMarks } from "./named";
import type { Sight } from "./place";

const port = (name: string, x_mm: number) =>
  ({ name, kind: "rj45", x_mm, y_mm: 20, width_mm: 12, height_mm: 11 }) as const;
const FACE: Face = {
  width_mm: 482.6,
  height_mm: 44,
  ports: [port("1", 100), port("2", 114)],
  components: [],
};
const LAYOUT = {
  label: null,
  tags: [
    { id: 1, x_mm: 11, y_mm: 22, size_mm: 15 },
    { id: 2, x_mm: 471.6, y_mm: 22, size_mm: 15 },
  ],
};
const SCREEN = { toBox: (point: Point) => point, scale: 1 };

/** Near the left end: one tag is in the picture, the other far beyond its right edge. */
function sight(sigma_mm: number): Sight {
  const covariance = Array.from({ length: 36 }, (_, i) => (i % 7 ? 0 : i < 21 ? 1e-12 : sigma_mm ** 2));
  const located = { covariance, misfit: 1, margin: 9, label_seen: false, tags_seen: [1] };
  return {
    camera: nominalCamera(1280, 720),
    located: { ...located, pose: poseOf([0, 0, 0], [-80, -22, 200]) },
  } as unknown as Sight;
}

function mark(text: string, port: string | null = null): FaceMark {
  const anchor = { device_id: "d", face: "front", points_mm: [[100, 20, 0]], ring_mm: null, is_approximate: false, port }; // prettier-ignore
  return { id: "m1", shape: "port", text, anchor, frame: null, is_hidden: false, is_kept: false } as unknown as FaceMark; // prettier-ignore
}

function told(memory: Memory, sigma_mm: number, one: FaceMark, now_ms = 0) {
  const marks = sureMarks(memory, sight(sigma_mm), FACE, [one], now_ms);
  return { marks, named: namedMarks(memory, marks, sight(sigma_mm), LAYOUT, SCREEN, now_ms) };
}

const empty = (): Memory => ({ sureness: new Map(), advice: undefined });

describe("the words on the picture", () => {
  it("are the mark's own while its place is sure", () => {
    const [one] = told(empty(), 0.01, mark("pull this")).named;
    expect(one).toMatchObject({ text: "pull this", ink: "mark", onlyOutside: false });
  });

  it("say what would help where it is not, but not at the screen's edge", () => {
    const [one] = told(empty(), 5, mark("pull this")).named;
    expect(one).toMatchObject({ ink: "pending", textOutside: "pull this" });
    expect(one!.text).toBe("Show the tag on the right · pull this");
  });

  it("of a mark without any stand only at the edge, as an arrow to it", () => {
    expect(told(empty(), 0.01, mark("")).named[0]).toMatchObject({ onlyOutside: true });
  });

  it("name a port of the step once, though a mark names it too", () => {
    const { marks } = told(empty(), 0.01, mark("", "1"));
    const names = namedPorts(sight(0.01), FACE, new Set(["1", "2"]), marks, SCREEN.toBox);
    expect(names.map(({ text }) => text)).toEqual(["2"]);
  });

  it("stay those of an area until the place has been sure for a while", () => {
    const memory = empty();
    expect(told(memory, 5, mark("x"), 0).marks[0]!.isUnsure).toBe(true);
    expect(told(memory, 0.01, mark("x"), 100).marks[0]!.isUnsure).toBe(true);
    expect(told(memory, 0.01, mark("x"), 500).marks[0]!.isUnsure).toBe(false);
  });
});
