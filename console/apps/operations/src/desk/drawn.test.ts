import type { Annotation, Participant, Sighting } from "@nearhand/contract";
import { EMPTY_SESSION, type LiveView } from "@nearhand/live";
import type { Point } from "@nearhand/ui";
import { describe, expect, it } from "vitest";
import { drawnMarks, markAt, type Canvas } from "./drawn";

const frame = { stream: "cam", frame_id: 7, how: "still" as const };

/** A camera 600 mm before the face, looking at its point (x_mm, 20). */
function sightingAt(x_mm: number): Sighting {
  return {
    device_id: "D",
    face: "front",
    T_camera_face: [1, 0, 0, -x_mm, 0, 1, 0, -20, 0, 0, 1, 600, 0, 0, 0, 1],
    covariance: null,
    camera: { width: 1280, height: 720, fx: 1000, fy: 1000, cx: 639.5, cy: 359.5, k1: 0 },
    label_seen: true,
    tags_seen: [],
  };
}

function canvas(changes: Partial<Canvas> = {}): Canvas {
  return {
    frame,
    sha256: "a".repeat(64),
    sighting: sightingAt(240),
    sightingOf: () => null,
    portOf: () => null,
    ...changes,
  };
}

function mark(changes: Partial<Annotation>, ring_mm: number | null = 1): Annotation {
  const points_mm: [number, number, number][] = [[240, 20, 0], [250, 20, 0]]; // prettier-ignore
  return {
    id: "M",
    shape: "ring",
    anchor: {
      kind: "face",
      device_id: "D",
      face: "front",
      points_mm,
      ring_mm,
      is_approximate: false,
      port: null,
    },
    frame,
    text: "",
    is_hidden: false,
    is_kept: false,
    created_by: "expert",
    created_at: "2026-11-22T09:00:00Z",
    updated_at: "2026-11-22T09:00:00Z",
    ...changes,
  };
}

const people: Participant[] = [
  { id: "expert", display_name: "E", role: "expert" },
  { id: "customer", display_name: "C", role: "observer" },
];

function view(annotations: Annotation[], pending: Partial<LiveView["pending"]> = {}): LiveView {
  return {
    ...EMPTY_SESSION,
    participants: people,
    annotations,
    link: { state: "open" },
    isCurrent: true,
    isKept: true,
    pending: { marks: [], edits: [], removing: [], lines: [], count: 0, ...pending },
  } as LiveView;
}

describe("marks on the picture", () => {
  it("stand where the picture's own sighting puts them, and move with it", () => {
    const [here] = drawnMarks(view([mark({})]), canvas(), null);
    const [later] = drawnMarks(view([mark({})]), canvas({ sighting: sightingAt(300) }), null);
    expect(here!.points[0]![0]).toBeCloseTo(0.5);
    expect(later!.points[0]![0]).toBeCloseTo(0.5 - 100 / 1280);
  });

  it("are not drawn on a picture of another device, or of none", () => {
    expect(drawnMarks(view([mark({})]), canvas({ sighting: null }), null)).toEqual([]);
    const other = { ...sightingAt(240), device_id: "X" };
    expect(drawnMarks(view([mark({})]), canvas({ sighting: other }), null)).toEqual([]);
  });

  it("that are fixed to a still are on that still only, in its own points", () => {
    const points: [number, number][] = [[0.25, 0.5], [0.3, 0.5]]; // prettier-ignore
    const anchor = { kind: "still" as const, sha256: "b".repeat(64), width: 1280, height: 720, points };
    const marks = view([mark({ anchor })]);
    expect(drawnMarks(marks, canvas(), null)).toEqual([]);
    const [drawn] = drawnMarks(marks, canvas({ sighting: null, sha256: anchor.sha256 }), null);
    expect(drawn).toMatchObject({ points, error: null, error_mm: null, isArea: false, ink: "mark" });
  });

  it("carry the ink of whose they are, and say when they are not saved", () => {
    const inks = (annotation: Annotation, pending = {}) =>
      drawnMarks(view([annotation], pending), canvas(), null)[0]?.ink;
    expect(inks(mark({}))).toBe("mark");
    expect(inks(mark({ created_by: "customer" }))).toBe("other");
    expect(inks(mark({}), { edits: [{ type: "annotation.edit", n: 1, id: "M", text: "x" }] })).toBe(
      "pending",
    );
    expect(inks(mark({}), { removing: ["M"] })).toBeUndefined();
    expect(inks(mark({ is_hidden: true }))).toBeUndefined();
  });

  it("become an area when their place is less sure than half the pitch of ports", () => {
    expect(drawnMarks(view([mark({ shape: "arrow" }, 3)]), canvas(), null)[0]!.isArea).toBe(false);
    expect(drawnMarks(view([mark({ shape: "arrow" }, 9)]), canvas(), null)[0]!.isArea).toBe(true);
  });

  it("that are not saved yet are carried from their frame to the next by the two sightings", () => {
    const place = {
      kind: "frame" as const,
      frame: { ...frame, frame_id: 3 },
      points: [[0.5, 0.5]] as [number, number][],
    };
    const marks = [{ id: "N", n: 1, shape: "text" as const, place, text: "here" }];
    const [drawn] = drawnMarks(view([], { marks }), canvas({ sightingOf: () => sightingAt(180) }), null);
    expect(drawn!.ink).toBe("pending");
    expect(drawn!.points[0]![0]).toBeCloseTo(0.5 - 100 / 1280);
    expect(drawnMarks(view([], { marks }), canvas(), null)).toEqual([]);
  });
});

it("a click means the mark on top within reach, else none", () => {
  const toScreen = ([u, v]: Point): Point => [u * 1280, v * 720];
  const drawn = drawnMarks(view([mark({ id: "low" }), mark({ id: "top" })]), canvas(), null);
  const rim: Point = [640 + 10 * (1000 / 600), 360];
  expect(markAt(drawn, rim, toScreen)?.id).toBe("top");
  expect(markAt(drawn, [640 + 60, 360], toScreen)).toBeNull();
});
