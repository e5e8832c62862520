import { describe, expect, it } from "vitest";
import type { Annotation } from "./generated";
import { fixedBy, isOnFace, isOnStill } from "./marks";

const frame = { stream: "cam", frame_id: 7, how: "still" as const };
const face = { device_id: "D", face: "front", points_mm: [[1, 2, 0]], ring_mm: 1, is_approximate: false, port: null }; // prettier-ignore
const still = { kind: "still", sha256: "a".repeat(64), width: 1280, height: 720, points: [[0.5, 0.5]] };
const mark = (anchor: object, on: object | null = frame) => ({ anchor, frame: on }) as Annotation;

describe("what a mark is fixed to", () => {
  it("is a face in events of older logs too, which do not say so", () => {
    expect(isOnFace(mark(face))).toBe(true);
    expect(isOnFace(mark({ ...face, kind: "face" }))).toBe(true);
    expect([isOnFace(mark(still)), isOnStill(mark(still))]).toEqual([false, true]);
  });

  it.each([
    ["symbols", mark({ ...face, held: "symbols" })],
    ["face_picture", mark({ ...face, held: "face_picture" })],
    ["face", mark(face)],
    ["drawing", mark({ ...face, held: null }, null)],
    ["still", mark(still)],
  ] as const)("is said: %s", (by, one) => {
    expect(fixedBy(one)).toBe(by);
  });
});
