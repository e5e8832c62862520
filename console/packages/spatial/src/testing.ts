/** Render faces for tests: a function of face millimetres, seen through a camera, with blur and noise. */

import { type Intrinsics, nominalCamera } from "./camera";
import { DICT_4X4_250 } from "./dict4x4";
import type { FaceLayout } from "./locate";
import { type Pose, poseOf } from "./pose";
import { pixelToFace } from "./project";
import type { GreyImage } from "./quads";

export const LAYOUT: FaceLayout = {
  label: null,
  tags: [
    { id: 7, x_mm: 12, y_mm: 22, size_mm: 15 },
    { id: 133, x_mm: 470.6, y_mm: 22, size_mm: 15 },
  ],
};

export const CAMERA: Intrinsics = { ...nominalCamera(1280, 720), k1: 0 };

/** A seeded generator of numbers 0..1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A pose that looks at the middle of a 482.6 x 44.45 mm face. */
export function viewOf(random: () => number, distance_mm: number, tilt_rad: number): Pose {
  const vector = [0, 1, 2].map(() => (random() - 0.5) * 2 * tilt_rad) as [number, number, number];
  const bare = poseOf(vector, [0, 0, 0]);
  const middle = [241.3, 22.2];
  const t = [0, 1, 2].map((i) => -bare[4 * i]! * middle[0]! - bare[4 * i + 1]! * middle[1]!);
  return poseOf(vector, [t[0]! + (random() - 0.5) * 20, t[1]! + (random() - 0.5) * 20, t[2]! + distance_mm]);
}

const SYMBOL_MODULES = 25;

/** A symbol with the three finder squares of a QR code and arbitrary modules between them. */
function symbolShade(x: number, y: number): number {
  if (x < 0 || y < 0 || x >= SYMBOL_MODULES || y >= SYMBOL_MODULES) return 225;
  const [column, row] = [Math.floor(x), Math.floor(y)];
  for (const [left, top] of [
    [0, 0],
    [SYMBOL_MODULES - 7, 0],
    [0, SYMBOL_MODULES - 7],
  ] as const) {
    const ring = Math.max(Math.abs(column - left - 3), Math.abs(row - top - 3));
    if (ring <= 4) return ring === 2 || ring === 4 ? 225 : 30;
  }
  return (column * 7 + row * 13 + ((column * row) % 5)) % 3 === 0 ? 30 : 225;
}

/** Grey value 0..255 at a point of the face: a dark metal front with light tag paper. */
export function shade(layout: FaceLayout, x: number, y: number): number {
  if (layout.label) {
    const { x_mm, y_mm, size_mm } = layout.label;
    const module = size_mm / SYMBOL_MODULES;
    const [u, v] = [(x - x_mm + size_mm / 2) / module, (y - y_mm + size_mm / 2) / module];
    if (u > -4 && v > -4 && u < SYMBOL_MODULES + 4 && v < SYMBOL_MODULES + 4) return symbolShade(u, v);
  }
  for (const { id, x_mm, y_mm, size_mm } of layout.tags) {
    const module = size_mm / 6;
    const column = Math.floor((x - x_mm + size_mm / 2) / module);
    const row = Math.floor((y - y_mm + size_mm / 2) / module);
    if (column < -1 || row < -1 || column > 6 || row > 6) continue;
    if (column < 0 || row < 0 || column > 5 || row > 5) return 225;
    if (column === 0 || row === 0 || column === 5 || row === 5) return 30;
    return (DICT_4X4_250[id]! >> (15 - (4 * (row - 1) + column - 1))) & 1 ? 225 : 30;
  }
  if (x < 0 || y < 0 || x > 482.6 || y > 44.45) return 90 + 30 * Math.sin(x / 9) * Math.sin(y / 7);
  return (x / 14) % 1 > 0.3 && y > 12 && y < 34 ? 45 : 120;
}

export function render(
  camera: Intrinsics,
  pose: Pose,
  layout: FaceLayout,
  random: () => number,
  noise = 4,
): GreyImage {
  const { width, height } = camera;
  const data = new Uint8Array(width * height);
  const offsets = [-0.375, -0.125, 0.125, 0.375].map((o) => o * 1.6); // a box a little wider than the pixel: mild blur
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      let sum = 0;
      for (const dv of offsets)
        for (const du of offsets) {
          const point = pixelToFace(camera, pose, u + du, v + dv);
          sum += point ? shade(layout, point[0], point[1]) : 60;
        }
      data[v * width + u] = Math.max(0, Math.min(255, sum / 16 + (random() + random() - 1) * 2 * noise));
    }
  }
  return { width, height, data };
}
