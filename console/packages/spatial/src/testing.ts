/** Render faces for tests: a function of face millimetres, seen through a camera, with what light and lens do to it. */

import { type Intrinsics, nominalCamera, normalise } from "./camera";
import type { FaceLayout } from "./locate";
import { invert } from "./linear";
import { type Pose, poseOf } from "./pose";
import { projectFace } from "./project";
import type { GreyImage } from "./quads";
import { type Modules, tagModules } from "./symbols";

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

/** A pose that looks at a point of the face, the middle of a 482.6 x 44.45 mm one unless told. */
export function viewOf(
  random: () => number,
  distance_mm: number,
  tilt_rad: number,
  [x, y]: readonly [number, number] = [241.3, 22.2],
): Pose {
  const vector = [0, 1, 2].map(() => (random() - 0.5) * 2 * tilt_rad) as [number, number, number];
  const bare = poseOf(vector, [0, 0, 0]);
  const t = [0, 1, 2].map((i) => -bare[4 * i]! * x - bare[4 * i + 1]! * y);
  return poseOf(vector, [t[0]! + (random() - 0.5) * 20, t[1]! + (random() - 0.5) * 20, t[2]! + distance_mm]);
}

/** A whole 1 U face in a 720p picture, by a camera that is not quite the nominal one, in a hand. */
export function wholeFaceView(random: () => number): { camera: Intrinsics; pose: Pose; light: Light } {
  const between = (low: number, high: number) => low + (high - low) * random();
  const focal = CAMERA.fx * between(0.92, 1.08);
  const [motion, angle] = [between(0, 2), between(0, Math.PI)];
  return {
    camera: { ...CAMERA, fx: focal, fy: focal, k1: between(-0.03, 0.03) },
    pose: viewOf(random, between(450, 750), 0.52 / Math.sqrt(3)),
    light: {
      blur_px: between(0.5, 1.2),
      motion_px: [motion * Math.cos(angle), motion * Math.sin(angle)],
      noise: between(1, 5),
      gradient: 0.2,
      gamma: between(0.8, 1.3),
    },
  };
}

const SYMBOL_MODULES = 25;

/** Like a QR symbol of version 2: three finder squares, and modules between them that follow no pattern. */
export const LABEL_MODULES: Modules = (() => {
  const dark = new Uint8Array(SYMBOL_MODULES * SYMBOL_MODULES);
  const random = seeded(99);
  const last = SYMBOL_MODULES - 7;
  for (let row = 0; row < SYMBOL_MODULES; row++)
    for (let column = 0; column < SYMBOL_MODULES; column++) {
      let value = Number(random() < 0.5);
      for (const [left, top] of [[0, 0], [last, 0], [0, last]] as const) {
        const ring = Math.max(Math.abs(column - left - 3), Math.abs(row - top - 3));
        if (ring <= 4) value = Number(ring !== 2 && ring !== 4);
      } // prettier-ignore
      dark[row * SYMBOL_MODULES + column] = value;
    }
  return { size: SYMBOL_MODULES, dark };
})();

interface Patch {
  readonly x_mm: number;
  readonly y_mm: number;
  readonly size_mm: number;
  readonly modules: Modules;
  readonly quiet: number;
}

function patchesOf({ label, tags }: FaceLayout): Patch[] {
  const patches = tags.map((tag): Patch => ({ ...tag, modules: tagModules(tag.id)!, quiet: 1 }));
  return label ? [{ ...label, modules: LABEL_MODULES, quiet: 4 }, ...patches] : patches;
}

/** Grey value 0..255 at a point of the face: a dark metal front with light tag paper. */
function shade(patches: readonly Patch[], x: number, y: number): number {
  for (const { x_mm, y_mm, size_mm, modules, quiet } of patches) {
    const { size, dark } = modules;
    const column = Math.floor(((x - x_mm) / size_mm + 0.5) * size);
    const row = Math.floor(((y - y_mm) / size_mm + 0.5) * size);
    if (column < -quiet || row < -quiet || column >= size + quiet || row >= size + quiet) continue;
    if (column < 0 || row < 0 || column >= size || row >= size) return 225;
    return dark[row * size + column] === 1 ? 30 : 225;
  }
  if (x < 0 || y < 0 || x > 482.6 || y > 44.45) return 90 + 30 * Math.sin(x / 9) * Math.sin(y / 7);
  return (x / 14) % 1 > 0.3 && y > 12 && y < 34 ? 45 : 120;
}

/** What stands between a face and its picture. */
export interface Light {
  readonly noise?: number; // grey levels
  readonly blur_px?: number; // beyond the pixel's own
  /** How far the picture moves while a symbol is taken, right and down. */
  readonly motion_px?: readonly [number, number];
  readonly gradient?: number; // of brightness from edge to edge
  readonly gamma?: number;
  /** The last row is taken this much later than the first: how far the picture moves in between. */
  readonly shear_px?: number;
  /** Pixels (x, y, w, h) that something stands before. */
  readonly hidden?: readonly [number, number, number, number];
  /** Where a lamp is mirrored: x, y, radius. */
  readonly glare?: readonly [number, number, number];
  /** Bends the face: how far its points move (mm), by place. */
  readonly bend?: (x: number, y: number) => readonly [number, number];
  /** Stripes of a photographed screen, in grey levels. */
  readonly moire?: number;
}

const BOX = 1.6; // a box a little wider than the pixel: mild blur
const SAMPLES = 16;

export function render(
  camera: Intrinsics,
  pose: Pose,
  layout: FaceLayout,
  random: () => number,
  light: Light | number = {},
): GreyImage {
  const how: Light = typeof light === "number" ? { noise: light } : light;
  const { width, height } = camera;
  const patches = patchesOf(layout);
  const fine = fineArea(camera, pose, patches);
  const back = invert([pose[0]!, pose[1]!, pose[3]!, pose[4]!, pose[5]!, pose[7]!, pose[8]!, pose[9]!, pose[11]!], 3)!; // prettier-ignore
  const values = new Float32Array(width * height);
  const [motionU, motionV] = how.motion_px ?? [0, 0];
  for (let v = 0; v < height; v++) {
    const shear = (how.shear_px ?? 0) * (v / height - 0.5);
    for (let u = 0; u < width; u++) {
      const samples = fine[v * width + u] === 1 ? SAMPLES : 1;
      // A pattern that starts anew in each pixel: straight edges then move smoothly, whatever their direction.
      const [startU, startV] = [(u * 0.618 + v * 0.755) % 1, (u * 0.57 + v * 0.431) % 1];
      let sum = 0;
      for (let k = 0; k < samples; k++) {
        const du = samples === 1 ? 0 : ((((k + 0.5) / samples + startU) % 1) - 0.5) * BOX;
        const dv = samples === 1 ? 0 : (((k * 0.618034 + startV) % 1) - 0.5) * BOX;
        const t = samples === 1 ? 0 : (((7 * k) % samples) + 0.5) / samples - 0.5;
        const [a, b] = normalise(camera, u + du - shear + t * motionU, v + dv + t * motionV);
        const w = back[6]! * a + back[7]! * b + back[8]!;
        let x = (back[0]! * a + back[1]! * b + back[2]!) / w;
        let y = (back[3]! * a + back[4]! * b + back[5]!) / w;
        if (how.bend) {
          const [bx, by] = how.bend(x, y);
          [x, y] = [x + bx, y + by];
        }
        sum += w > 0 ? shade(patches, x, y) : 60;
      }
      values[v * width + u] = sum / samples;
    }
  }
  return {
    width,
    height,
    data: exposed(blurred(values, width, height, how.blur_px ?? 0), camera, how, random),
  };
}

function fineArea(camera: Intrinsics, pose: Pose, patches: readonly Patch[]): Uint8Array {
  const { width, height } = camera;
  const fine = new Uint8Array(width * height);
  for (const { x_mm, y_mm, size_mm, modules, quiet } of patches) {
    const half = size_mm * (0.5 + (quiet + 0.5) / modules.size) + 1;
    const corners = [[-half, -half], [half, -half], [half, half], [-half, half]].map(([dx, dy]) =>
      projectFace(camera, pose, [x_mm + dx!, y_mm + dy!, 0]),
    ); // prettier-ignore
    const isWhole = corners.every((p) => p !== null);
    const us = isWhole ? corners.map((p) => p[0]) : [0, width];
    const vs = isWhole ? corners.map((p) => p[1]) : [0, height];
    const [left, right] = [
      Math.max(0, Math.floor(Math.min(...us)) - 12),
      Math.min(width, Math.max(...us) + 12),
    ];
    const [top, bottom] = [
      Math.max(0, Math.floor(Math.min(...vs)) - 12),
      Math.min(height, Math.max(...vs) + 12),
    ];
    for (let v = top; v < bottom; v++) for (let u = left; u < right; u++) fine[v * width + u] = 1;
  }
  return fine;
}

function blurred(values: Float32Array, width: number, height: number, sigma: number): Float32Array {
  if (sigma <= 0) return values;
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((sum, value) => sum + value, 0);
  let from = values;
  for (const [stride, limit] of [[1, width], [width, height]] as const) {
    const to = new Float32Array(from.length);
    for (let i = 0; i < from.length; i++) {
      const place = stride === 1 ? i % width : Math.floor(i / width);
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        const at = Math.min(limit - 1, Math.max(0, place + k));
        sum += kernel[k + reach]! * from[i + (at - place) * stride]!;
      }
      to[i] = sum / total;
    }
    from = to;
  } // prettier-ignore
  return from;
}

function exposed(values: Float32Array, camera: Intrinsics, how: Light, random: () => number): Uint8Array {
  const { width, height } = camera;
  const { noise = 4, gradient = 0, gamma = 1, hidden, glare, moire = 0 } = how;
  const [gx, gy] = [gradient * (2 * random() - 1), gradient * (2 * random() - 1)];
  const data = new Uint8Array(width * height);
  for (let v = 0, i = 0; v < height; v++)
    for (let u = 0; u < width; u++, i++) {
      let value = values[i]! * (1 + gx * (u / width - 0.5) + gy * (v / height - 0.5));
      if (gamma !== 1) value = 255 * (Math.min(Math.max(value, 0), 255) / 255) ** gamma;
      if (glare) {
        const away = ((u - glare[0]) ** 2 + (v - glare[1]) ** 2) / glare[2] ** 2;
        if (away < 4) value += 300 * Math.exp(-2 * away);
      }
      if (
        hidden &&
        u >= hidden[0] &&
        v >= hidden[1] &&
        u < hidden[0] + hidden[2] &&
        v < hidden[1] + hidden[3]
      )
        value = 70 + 20 * Math.sin(u / 5 + v / 3);
      if (moire) value += moire * Math.sin(2.1 * u + 0.13 * v) * Math.sin(0.11 * u + 1.9 * v);
      // Three of them come near a normal distribution.
      value += (random() + random() + random() - 1.5) * 2 * noise;
      data[i] = Math.max(0, Math.min(255, Math.round(value)));
    }
  return data;
}
