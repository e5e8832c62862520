/** Rings over rendered faces: they hold what they claim, and claim no more than they must. */
import { describe, expect, it } from "vitest";
import { type Intrinsics, nominalBelief } from "./camera";
import { type FaceLayout, look } from "./locate";
import { type Pose, type Vec3, poseOf } from "./pose";
import { errorRing, projectFace } from "./project";
import { findTags } from "./tags";
import { CAMERA, LAYOUT, LABEL_MODULES, type Light, render, seeded } from "./testing";

const LABEL = { text: "HTTPS://HOST/D/AB12CD34", x_mm: 60, y_mm: 22, size_mm: 25 };
const FACE: FaceLayout = { ...LAYOUT, face: { width_mm: 482.6, height_mm: 44.45 } };

interface View {
  readonly camera: Intrinsics;
  readonly pose: Pose;
  readonly light: Light;
}

function lensOf(random: () => number): Intrinsics {
  const focal = CAMERA.fx * (0.92 + 0.16 * random());
  return { ...CAMERA, fx: focal, fy: focal, k1: 0.06 * (random() - 0.5) };
}

/** From the side of the rack, by a camera that is not quite the nominal one. */
function aside(random: () => number): View {
  const tilt = ((45 + 10 * random()) * Math.PI) / 180;
  const turn: Vec3 = [0.2 * (random() - 0.5), random() < 0.5 ? tilt : -tilt, 0.2 * (random() - 0.5)];
  const bare = poseOf(turn, [0, 0, 0]);
  const t = [0, 1, 2].map((i) => -bare[4 * i]! * 241 - bare[4 * i + 1]! * 22) as [number, number, number];
  return {
    camera: lensOf(random),
    pose: poseOf(turn, [t[0], t[1], t[2] + 480 + 80 * random()]),
    light: {
      blur_px: 0.3 + 0.4 * random(),
      noise: 1 + 4 * random(),
      gradient: 0.2,
      gamma: 0.8 + 0.5 * random(),
    },
  };
}

/** A label and the tag beside it, near, in a hand that moves while the shutter rolls. */
function closeUp(random: () => number): View {
  const turn: Vec3 = [0, 1, 2].map(() => 0.5 * (random() - 0.5)) as unknown as Vec3;
  const bare = poseOf(turn, [0, 0, 0]);
  const t = [0, 1, 2].map((i) => -bare[4 * i]! * 70 - bare[4 * i + 1]! * 22) as [number, number, number];
  const angle = Math.PI * random();
  return {
    camera: lensOf(random),
    pose: poseOf(turn, [t[0], t[1], t[2] + 170 + 60 * random()]),
    light: {
      noise: 3,
      motion_px: [4 * random() * Math.cos(angle), 4 * random() * Math.sin(angle)],
      shear_px: 20 * (random() - 0.5),
    },
  };
}

/** The share of ports within the rings that others draw, and the middle one of those rings. */
function measured(layout: FaceLayout, views: readonly View[], xs: readonly number[], random: () => number) {
  const held: boolean[] = [];
  const rings: number[] = [];
  for (const { camera, pose, light } of views) {
    const image = render(camera, pose, layout, random, light);
    const { located } = look(layout, nominalBelief(camera.width, camera.height), [], findTags(image), {
      image,
      recall: () => LABEL_MODULES,
    });
    if (!located || located.tags_seen.length < layout.tags.length) continue;
    for (const x of xs) {
      const at = [x, 22, 0] as const;
      const [u, v] = projectFace(camera, pose, at)!;
      const shear = (light.shear_px ?? 0) * (v / camera.height - 0.5);
      const [p, q] = projectFace(located.camera, located.pose, at)!;
      const ring = errorRing(located.camera, located.pose, located.covariance, at)!.px;
      held.push(Math.hypot(p - u - shear, q - v) <= ring);
      rings.push(ring);
    }
  }
  const middle = rings.sort((a, b) => a - b)[rings.length >> 1]!;
  return { count: held.length, share: held.filter(Boolean).length / held.length, middle };
}

describe("what a ring claims", () => {
  it("is so for a face seen from the side by its tags alone", () => {
    const random = seeded(7001);
    const views = Array.from({ length: 20 }, () => aside(random));
    const { count, share, middle } = measured(FACE, views, [100, 170, 241, 320, 440], random);
    expect(count).toBeGreaterThan(50);
    expect(share).toBeGreaterThan(0.88);
    expect(middle).toBeLessThan(1.2);
  }, 30_000);

  it("is so close up, in motion, behind a shutter that rolls", () => {
    const random = seeded(7002);
    const views = Array.from({ length: 12 }, () => closeUp(random));
    const layout = { ...FACE, label: LABEL, tags: FACE.tags.slice(0, 1) };
    const { count, share, middle } = measured(layout, views, [40, 80, 120], random);
    expect(count).toBeGreaterThan(30);
    expect(share).toBeGreaterThan(0.85);
    expect(middle).toBeLessThan(4);
  }, 30_000);
});
