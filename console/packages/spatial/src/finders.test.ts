import { expect, it } from "vitest";
import { nominalCamera } from "./camera";
import { refineFinders } from "./finders";
import { type FaceLayout, locate, symbolCorners } from "./locate";
import { poseOf } from "./pose";
import { projectFace } from "./project";
import type { Quad } from "./quads";
import { render, seeded } from "./testing";

const CAMERA = nominalCamera(640, 360);
const LABEL = { text: "HTTPS://HOST/D/AB12CD34", x_mm: 60, y_mm: 22, size_mm: 25 };
const LAYOUT: FaceLayout = { label: LABEL, tags: [] };

it("finder squares place a label several times better than whole-pixel corners do", () => {
  const random = seeded(21);
  const errors: Record<"corners" | "finders", number[]> = { corners: [], finders: [] };
  for (let i = 0; i < 6; i++) {
    const pose = poseOf(
      [0.3 * (random() - 0.5), 0.6 * (random() - 0.5), 0.1],
      [-60, -20, 170 + 40 * random()],
    );
    const image = render(CAMERA, pose, LAYOUT, random);
    const corners_px = symbolCorners(LABEL).map(([x, y]) =>
      projectFace(CAMERA, pose, [x, y, 0])!.map((value) => Math.round(value + (random() - 0.5))),
    ) as unknown as Quad;
    const points = refineFinders(image, corners_px, 25);
    expect(points.length).toBe(12);
    const truth = projectFace(CAMERA, pose, [200, 22, 0])!;
    for (const [name, label] of [
      ["corners", { text: LABEL.text, corners_px }],
      ["finders", { text: LABEL.text, corners_px, points }],
    ] as const) {
      const found = projectFace(CAMERA, locate(LAYOUT, CAMERA, [label], [])!.pose, [200, 22, 0])!;
      errors[name].push(Math.hypot(found[0] - truth[0], found[1] - truth[1]));
    }
  }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(errors.finders)).toBeLessThan(mean(errors.corners) / 3);
}, 60_000);

it("finder squares too small to follow are left out", () => {
  const tiny: Quad = [
    [10, 10],
    [40, 10],
    [40, 40],
    [10, 40],
  ];
  expect(refineFinders({ width: 64, height: 64, data: new Uint8Array(64 * 64) }, tiny, 25)).toEqual([]);
});
