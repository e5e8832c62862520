import { describe, expect, it } from "vitest";
import { nominalCamera } from "./camera";
import type { Point } from "./homography";
import { type FoundLabel, locate } from "./locate";
import { type Pose, poseOf, rotation } from "./pose";
import { projectFace } from "./project";
import type { Quad } from "./quads";
import { locateRack } from "./locateRack";
import { type RackDevice, type RackSeen, type RackSide, wayBetween } from "./rackMap";
import type { FoundTag } from "./tags";
import { seeded } from "./testing";

const U_MM = 44.45;
const RACK = { width_mm: 482.6, u_mm: U_MM, tolerance_mm: 2 };
const CAMERA = { ...nominalCamera(1920, 1080), fx: 1500, fy: 1500 };

/** Mounted at this unit of 42, counted from the bottom; `number` gives its tags and label. */
function device(device_id: string, position_u: number, number: number): RackDevice {
  return {
    device_id,
    position_u,
    x_mm: 0,
    y_mm: (42 - position_u) * U_MM + 0.395,
    layout: {
      label: { text: `HTTPS://HELP.EXAMPLE/D/${number}`, x_mm: 41.5, y_mm: 19.7, size_mm: 25 },
      tags: [
        { id: 2 * number, x_mm: 11, y_mm: 22, size_mm: 15 },
        { id: 2 * number + 1, x_mm: 471.6, y_mm: 22, size_mm: 15 },
      ],
    },
  };
}

function sideOf(positions: { a: number; b: number; c: number }): RackSide {
  const { a, b, c } = positions;
  return { units: [], devices: [device("a", a, 10), device("b", b, 11), device("c", c, 12)] };
}

const TRUE = sideOf({ a: 20, b: 23, c: 14 });

function view(y_mm: number, distance_mm: number, tilt: readonly [number, number, number] = [0, 0, 0]): Pose {
  const r = rotation(tilt);
  const t = [0, 1, 2].map((i) => -r[3 * i]! * 241.3 - r[3 * i + 1]! * y_mm) as [number, number, number];
  return poseOf(tilt, [t[0], t[1], t[2] + distance_mm]);
}

/** What a camera sees of the symbols that are named: tags by id, labels by device. */
function find(
  where: Pose,
  only: readonly (number | string)[],
  registered = TRUE,
  camera = CAMERA,
): RackSeen | null {
  const random = seeded(3);
  const tags: FoundTag[] = [];
  const labels: FoundLabel[] = [];
  for (const { device_id, x_mm, y_mm, layout } of TRUE.devices) {
    const corners = (at: { x_mm: number; y_mm: number; size_mm: number }) =>
      [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([sx, sy]): Point => {
        const h = at.size_mm / 2;
        const [u, v] = projectFace(camera, where, [x_mm + at.x_mm + sx! * h, y_mm + at.y_mm + sy! * h, 0])!;
        return [u + (random() - 0.5) * 0.2, v + (random() - 0.5) * 0.2];
      }) as unknown as Quad; // prettier-ignore
    for (const tag of layout!.tags)
      if (only.includes(tag.id)) tags.push({ id: tag.id, corners_px: corners(tag) } as FoundTag);
    if (only.includes(device_id))
      labels.push({ text: layout!.label!.text, corners_px: corners(layout!.label!) });
  }
  return locateRack(RACK, registered, {
    camera,
    texts: new Set(labels.map(({ text }) => text)),
    tags: new Set(tags.map(({ id }) => id)),
    locate: (layout) => locate(layout, camera, labels, tags),
  });
}

function errorMm(seen: RackSeen, where: Pose, y_mm: number): number {
  const [a, b] = [seen.pose, where].map((pose) => projectFace(CAMERA, pose, [241.3, y_mm, 0])!);
  return (Math.hypot(a![0] - b![0], a![1] - b![1]) * where[11]!) / CAMERA.fx;
}

describe("the way to another device", () => {
  it("is told in units, and up is up", () => {
    expect(wayBetween(TRUE, "c", "a")).toEqual({ units: 6, direction: "up" });
    expect(wayBetween(TRUE, "b", "a")).toEqual({ units: 3, direction: "down" });
  });

  it("is up by place, however the rack is counted", () => {
    const down: RackSide = {
      units: [],
      devices: TRUE.devices.map((one) => ({ ...one, y_mm: one.position_u * U_MM })),
    };
    expect(wayBetween(down, "c", "a")).toEqual({ units: 6, direction: "down" });
  });

  it("is not told to itself or to what is elsewhere", () => {
    expect(wayBetween(TRUE, "a", "a")).toBeNull();
    expect(wayBetween(TRUE, "a", "z")).toBeNull();
  });
});

describe("a rack's place", () => {
  it.each([
    [
      [20, 22],
      ["a", "b"],
    ],
    [
      [20, 23],
      ["a", "b"],
    ],
    [
      [20, 21, 25],
      ["a", "c"],
    ],
    [
      [20, 21, 22, 23, 24, 25],
      ["a", "b", "c"],
    ],
    [
      [23, "a"],
      ["a", "b"],
    ],
  ] as const)("is known from the symbols %j of its devices", (only, devices) => {
    const random = seeded(9);
    for (let i = 0; i < 10; i++) {
      const tilt = [0, 0, 0].map(() => (random() - 0.5) * 0.6) as unknown as [number, number, number];
      const where = view(1000, 700 + random() * 600, tilt);
      const seen = find(where, only)!;
      expect(seen.devices).toEqual(devices);
      expect(seen.misplaced).toEqual([]);
      expect(errorMm(seen, where, 22 * U_MM)).toBeLessThan(U_MM / 2);
    }
  });

  it("is known near a single device", () => {
    const where = view(1000, 900);
    const seen = find(where, [20, 21])!;
    expect(seen.devices).toEqual(["a"]);
    expect(errorMm(seen, where, 24 * U_MM)).toBeLessThan(U_MM / 4);
  });

  it("is not known where nothing of it is seen", () => {
    expect(find(view(1000, 900), [])).toBeNull();
  });
});

describe("a device that sits elsewhere than registered", () => {
  it("is named where two others agree", () => {
    const registered = sideOf({ a: 20, b: 25, c: 14 });
    const seen = find(view(1000, 1300, [0.1, -0.2, 0]), [20, 21, 22, 23, 24, 25], registered)!;
    expect(seen.devices).toEqual(["a", "c"]);
    expect(seen.misplaced).toEqual([{ device_id: "b", units: -2, against: ["a", "c"], isCertain: true }]);
  });

  it("is not told apart from the one it disagrees with where only two are seen", () => {
    const [found] = find(view(1000, 900), [20, 21, 22, 23], sideOf({ a: 20, b: 22, c: 14 }))!.misplaced;
    expect(found!.isCertain).toBe(false);
    expect(Math.abs(found!.units)).toBe(1);
    expect([found!.device_id, ...found!.against].sort()).toEqual(["a", "b"]);
  });

  it("is not guessed at from afar", () => {
    const small = { ...nominalCamera(640, 360), fx: 500, fy: 500 };
    const seen = find(view(1000, 3500), [20, 24], sideOf({ a: 20, b: 23, c: 15 }), small);
    expect(seen?.misplaced ?? []).toEqual([]);
  });
});
