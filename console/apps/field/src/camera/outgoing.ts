/** The one way by which pictures leave the phone: with all but the device hidden, where that is asked for. */
import { type Extent, type Intrinsics, keptOutline, type Located, type Point } from "@nearhand/spatial";
import type { CameraMask, PictureMask } from "@nearhand/contract";

/** What is asked of a frame's pictures. `extent`: of the device that others are to see; null: none is known. */
export interface MaskWanted {
  readonly rule: CameraMask;
  readonly deviceId: string | null;
  readonly extent: Extent | null;
}

/** What was seen in exactly this frame. */
interface Seen {
  readonly width: number;
  readonly height: number;
  readonly camera: Intrinsics;
  readonly deviceId: string | null;
  readonly located: Pick<Located, "pose" | "covariance"> | null;
}

/** What is to be hidden in a frame; `outline`: of what is kept, in its pixels. */
export type Veil = { readonly mask: PictureMask; readonly outline: readonly Point[] | null };

type Context = OffscreenCanvasRenderingContext2D;

const CELLS = 40; // along the longer side: what is hidden shows colours, and nothing that could be read
const SMALLEST_CELL_PX = 24;
export const MARGIN_PX = 1.5;
export const BARE: Veil = { mask: "none", outline: null };
const WHOLE: Veil = { mask: "whole", outline: null };

/** What of a frame may be seen by others, when its pictures are at most so many times smaller than itself. */
export function veilOf({ rule, deviceId, extent }: MaskWanted, seen: Seen, reduction = 1): Veil {
  if (rule !== "enforce") return BARE;
  const { located, camera } = seen;
  const isOfIt = camera.width === seen.width && camera.height === seen.height;
  if (!located || !extent || !isOfIt || deviceId === null || seen.deviceId !== deviceId) return WHOLE;
  const margin = MARGIN_PX * Math.max(1, reduction);
  const outline = keptOutline(camera, located.pose, located.covariance, extent, margin);
  return outline ? { mask: "range", outline } : WHOLE;
}

export class Outgoing {
  readonly #halves = [newContext(), newContext()] as const;

  /** Draw the frame as it may leave, as large as the canvas is. */
  draw(onto: Context, frame: CanvasImageSource & { width: number; height: number }, veil: Veil): void {
    const { width, height } = onto.canvas;
    onto.imageSmoothingEnabled = true;
    onto.imageSmoothingQuality = "medium"; // without, a picture reduced to a third flickers
    if (veil.mask === "none") return void onto.drawImage(frame, 0, 0, width, height);
    this.#hide(onto, frame);
    if (!veil.outline) return;
    const scale = width / frame.width;
    onto.save();
    onto.beginPath();
    for (const [u, v] of veil.outline) onto.lineTo((u + 0.5) * scale, (v + 0.5) * scale);
    onto.clip();
    onto.imageSmoothingEnabled = true;
    onto.drawImage(frame, 0, 0, width, height);
    onto.restore();
  }

  /**
   * Means over squares. Halved again and again, by which each pixel counts alike in every browser: a reduction that
   * skips pixels would give them away one by one as the camera moves.
   */
  #hide(onto: Context, frame: CanvasImageSource & { width: number; height: number }): void {
    const longer = Math.max(frame.width, frame.height);
    const cell = Math.max(SMALLEST_CELL_PX, Math.ceil(longer / CELLS));
    let [width, height] = [Math.ceil(frame.width / cell), Math.ceil(frame.height / cell)];
    const [across, down] = [width, height];
    let halvings = 0;
    for (; width * 2 < frame.width; halvings++) [width, height] = [width * 2, height * 2];
    let source: CanvasImageSource = frame;
    let [w, h] = [frame.width, frame.height];
    for (let k = 0; k <= halvings; k++, [width, height] = [width / 2, height / 2]) {
      const context = this.#halves[k % 2]!;
      grow(context, width, height);
      context.drawImage(source, 0, 0, w, h, 0, 0, width, height);
      [source, w, h] = [context.canvas, width, height];
    }
    onto.imageSmoothingEnabled = false;
    const scale = onto.canvas.width / frame.width;
    onto.drawImage(source, 0, 0, across, down, 0, 0, frame.width * scale, frame.height * scale);
  }
}

function grow({ canvas }: Context, width: number, height: number): void {
  if (canvas.width < width) canvas.width = width;
  if (canvas.height < height) canvas.height = height;
}

function newContext(): Context {
  const context = new OffscreenCanvas(16, 16).getContext("2d", { willReadFrequently: true, alpha: false })!;
  context.imageSmoothingQuality = "low"; // bilinear: of two by two pixels, their mean
  return context;
}
