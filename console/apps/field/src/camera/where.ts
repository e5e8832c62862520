/** Decide where in a frame to look for symbols, and when: everywhere while nothing is held, else where they must be. */
import type { PictureMask } from "@nearhand/contract";
import {
  type PicturePart,
  croppedTo,
  cropTo,
  errorRing,
  type FaceLayout,
  type FaceSize,
  type Intrinsics,
  type Point,
  type PoseBelief,
  projectFace,
  symbolCorners,
} from "@nearhand/spatial";
import type { FrameRead, StillTaken } from "./messages";
import type { Region } from "./pixels";

const SIGHT_EVERY = 3; // frames, while the face is held
const LABEL_EVERY_MS = 300; // near where it is; tags hold the pose as well, it only has to confirm who it is
const LABELS_EVERY_MS = 1500; // those of other devices, in all of the picture, while ours is held
const TAGS_EVERY_MS = 1000; // likewise: of a large picture it takes as long as three other frames
const MOST_DRIFT = 0.12; // of the longer side: further off, a symbol is found by the look at all of the picture
const CROP = 0.6; // of each side, for the look at the middle
const LEAST_PX = 20;
const MARGIN_PX = 12;
const WHOLE_PX = 1_000_000; // larger pictures are searched for tags at half size
const TILE = 0.56; // of each side

/** Where to look in this frame; an empty list of tags: not for them. */
export interface Look {
  tags: readonly Region[];
  label: Region | null;
  /** All of the picture is searched for tags: what is not found is not there. */
  isWide: boolean;
}

/** The part of a frame that is to leave as a still, where its device is known; null: all of it. */
export function faceIn(frame: FrameRead, face: FaceSize | null): PicturePart | null {
  const { camera, located, width, height } = frame;
  const isOfIt = camera.width === width && camera.height === height;
  return located && face && isOfIt ? cropTo(camera, located.pose, located.covariance, face) : null;
}

/** With the camera by which it shows what it shows. */
export function stillOf(
  frame: FrameRead,
  jpeg: Blob,
  mask: PictureMask,
  part: PicturePart | null,
): StillTaken {
  const { camera } = frame;
  return { type: "still", frame, jpeg, mask, part, camera: part ? croppedTo(camera, part) : camera };
}

interface Size {
  width: number;
  height: number;
}

/** Where the face is, and for how many frames no symbol has been seen. */
type Followed = PoseBelief & { readonly frames: number };
type Printed = FaceLayout["tags"][number] | NonNullable<FaceLayout["label"]>;

export class Searcher {
  #turn = 0;
  #lastLabel = -Infinity;
  #lastLabels = -Infinity;
  #lastTags = -Infinity;

  /** While nothing is held: tags in each frame, in all of it and in its quarters in turns; labels in every other. */
  everywhere({ width, height }: Size, layout: FaceLayout | null): Look {
    const whole = { x: 0, y: 0, w: width, h: height };
    const [w, h] = [Math.round(width * CROP), Math.round(height * CROP)];
    const middle = { x: (width - w) >> 1, y: (height - h) >> 1, w, h };
    const turn = this.#turn++;
    const isKnown = layout !== null && layout.tags.length > 0;
    if (!isKnown) return { tags: [], label: turn % 2 === 0 ? whole : middle, isWide: false };
    if (turn % 2 === 0) {
      const isTile = width * height > WHOLE_PX;
      const tags = [isTile ? tileOf({ width, height }, turn >> 1) : whole];
      return { tags, label: null, isWide: !isTile };
    }
    return { tags: [whole], label: (turn >> 1) % 2 === 0 ? whole : middle, isWide: true };
  }

  /** While the face is held: its symbols where they must be, and now and then all of the picture for other devices'. */
  held(layout: FaceLayout, camera: Intrinsics, at: Followed, now_ms: number): Look | null {
    const whole = { x: 0, y: 0, w: camera.width, h: camera.height };
    const areLabelsDue = now_ms - this.#lastLabels > LABELS_EVERY_MS;
    if (areLabelsDue || now_ms - this.#lastTags > TAGS_EVERY_MS) {
      this.#lastTags = now_ms;
      if (areLabelsDue) this.#lastLabels = now_ms;
      return { tags: [whole], label: areLabelsDue ? whole : null, isWide: true };
    }
    if (at.frames < SIGHT_EVERY) return null;
    const tags = layout.tags.flatMap((tag) => regionOf(tag, 2, camera, at) ?? []);
    const near = layout.label ? regionOf(layout.label, 2, camera, at) : null;
    const isLabelDue = tags.length === 0 || now_ms - this.#lastLabel > LABEL_EVERY_MS;
    if (near && isLabelDue) this.#lastLabel = now_ms;
    const label = isLabelDue ? near : null;
    return tags.length > 0 || label ? { tags, label, isWide: false } : null;
  }
}

/** A quarter of the picture and a little more, each in turn: small tags are found in full resolution alone. */
function tileOf({ width, height }: Size, turn: number): Region {
  const [w, h] = [Math.ceil(width * TILE), Math.ceil(height * TILE)];
  return { x: turn % 2 === 0 ? 0 : width - w, y: (turn >> 1) % 2 === 0 ? 0 : height - h, w, h };
}

/**
 * The part of the picture around a printed symbol, several times as wide, and as much wider as its place is unsure; null
 * where it cannot be whole in view.
 */
export function regionOf(
  symbol: Printed,
  times: number,
  camera: Intrinsics,
  { pose, covariance }: PoseBelief,
): Region | null {
  const { width, height } = camera;
  const seen = (size_mm: number) =>
    symbolCorners({ ...symbol, size_mm }).map(([x, y]) => projectFace(camera, pose, [x, y, 0]));
  const ring = errorRing(camera, pose, covariance, [symbol.x_mm, symbol.y_mm, 0]);
  const drift = Math.min(ring?.px ?? Infinity, MOST_DRIFT * Math.max(width, height));
  const isOff = ([u, v]: Point) =>
    u < -drift || v < -drift || u > width - 1 + drift || v > height - 1 + drift;
  const own = seen(symbol.size_mm);
  if (own.some((p) => !p || isOff(p))) return null;
  const around = seen(symbol.size_mm * times);
  if (around.some((corner) => !corner)) return null;
  const margin = MARGIN_PX + drift;
  const [us, vs] = [around.map((c) => c![0]), around.map((c) => c![1])];
  const x = Math.max(0, Math.floor(Math.min(...us) - margin));
  const y = Math.max(0, Math.floor(Math.min(...vs) - margin));
  const w = Math.min(width, Math.ceil(Math.max(...us) + margin)) - x;
  const h = Math.min(height, Math.ceil(Math.max(...vs) + margin)) - y;
  return w > LEAST_PX && h > LEAST_PX ? { x, y, w, h } : null;
}
