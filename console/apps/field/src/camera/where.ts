/** Decide where in a frame to look for symbols, and when: everywhere while nothing is held, else where they must be. */
import { type FaceLayout, type Intrinsics, type Pose, projectFace, symbolCorners } from "@nearhand/spatial";
import type { Region } from "./pixels";

const SIGHT_EVERY = 3; // frames, while the face is held
const LABEL_EVERY_MS = 300; // near where it is; tags hold the pose as well, it only has to confirm who it is
const WHOLE_EVERY_MS = 1500; // for labels of other devices, while ours is held
const CROP = 0.6; // of each side, for the look at the middle
const LEAST_PX = 20;
const WHOLE_PX = 1_000_000; // larger pictures are searched for tags at half size
const TILE = 0.56; // of each side

/** Where to look in this frame; an empty list of tags: not for them. */
export interface Look {
  tags: readonly Region[];
  label: Region | null;
}

interface Size {
  width: number;
  height: number;
}

type Printed = FaceLayout["tags"][number] | NonNullable<FaceLayout["label"]>;

export class Searcher {
  #turn = 0;
  #lastLabel = -Infinity;
  #lastWhole = -Infinity;

  /** While nothing is held: tags in each frame, in all of it and in its quarters in turns; labels in every other. */
  everywhere({ width, height }: Size, layout: FaceLayout | null): Look {
    const whole = { x: 0, y: 0, w: width, h: height };
    const [w, h] = [Math.round(width * CROP), Math.round(height * CROP)];
    const middle = { x: (width - w) >> 1, y: (height - h) >> 1, w, h };
    const turn = this.#turn++;
    const isKnown = layout !== null && layout.tags.length > 0;
    if (!isKnown) return { tags: [], label: turn % 2 === 0 ? whole : middle };
    if (turn % 2 === 0)
      return {
        tags: [width * height > WHOLE_PX ? tileOf({ width, height }, turn >> 1) : whole],
        label: null,
      };
    return { tags: [whole], label: (turn >> 1) % 2 === 0 ? whole : middle };
  }

  /** While the face is held: its symbols where they must be, and seldom the whole picture for other labels. */
  held(layout: FaceLayout, camera: Intrinsics, pose: Pose, frames: number, now_ms: number): Look | null {
    const isWholeDue = now_ms - this.#lastWhole > WHOLE_EVERY_MS;
    if (isWholeDue) {
      this.#lastWhole = now_ms;
      return {
        tags: this.#tags(layout, camera, pose),
        label: { x: 0, y: 0, w: camera.width, h: camera.height },
      };
    }
    if (frames < SIGHT_EVERY) return null;
    const tags = this.#tags(layout, camera, pose);
    const near = layout.label ? regionOf(layout.label, 2, camera, pose) : null;
    const isLabelDue = tags.length === 0 || now_ms - this.#lastLabel > LABEL_EVERY_MS;
    if (near && isLabelDue) this.#lastLabel = now_ms;
    const label = isLabelDue ? near : null;
    return tags.length > 0 || label ? { tags, label } : null;
  }

  #tags(layout: FaceLayout, camera: Intrinsics, pose: Pose): Region[] {
    return layout.tags.flatMap((tag) => regionOf(tag, 2, camera, pose) ?? []);
  }
}

/** A quarter of the picture and a little more, each in turn: small tags are found in full resolution alone. */
function tileOf({ width, height }: Size, turn: number): Region {
  const [w, h] = [Math.ceil(width * TILE), Math.ceil(height * TILE)];
  return { x: turn % 2 === 0 ? 0 : width - w, y: (turn >> 1) % 2 === 0 ? 0 : height - h, w, h };
}

/** The part of the picture around a printed symbol, several times as wide; null where it is not whole in view. */
export function regionOf(symbol: Printed, times: number, camera: Intrinsics, pose: Pose): Region | null {
  const { width, height } = camera;
  const seen = (size_mm: number) =>
    symbolCorners({ ...symbol, size_mm }).map(([x, y]) => projectFace(camera, pose, [x, y, 0]));
  const own = seen(symbol.size_mm);
  if (own.some((p) => !p || p[0] < 0 || p[1] < 0 || p[0] > width - 1 || p[1] > height - 1)) return null;
  const around = seen(symbol.size_mm * times);
  if (around.some((corner) => !corner)) return null;
  const margin = 12;
  const [us, vs] = [around.map((c) => c![0]), around.map((c) => c![1])];
  const x = Math.max(0, Math.floor(Math.min(...us)) - margin);
  const y = Math.max(0, Math.floor(Math.min(...vs)) - margin);
  const w = Math.min(width, Math.ceil(Math.max(...us)) + margin) - x;
  const h = Math.min(height, Math.ceil(Math.max(...vs)) + margin) - y;
  return w > LEAST_PX && h > LEAST_PX ? { x, y, w, h } : null;
}
