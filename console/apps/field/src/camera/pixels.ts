/** Get at a frame's pixels as cheaply as can be: all of it small, and parts of it in full. */
import type { PictureMask } from "@nearhand/contract";
import type { PicturePart, GreyImage } from "@nearhand/spatial";
import { Outgoing, type Veil } from "./outgoing";

/** The longer side of what is tracked. */
export const SMALL_PX = 640;

export interface Region {
  x: number;
  y: number;
  w: number;
  h: number;
}

const outgoing = new Outgoing();

/** A frame as it may leave. */
export interface Drawn {
  readonly canvas: OffscreenCanvas;
  readonly mask: PictureMask;
}

type Context = OffscreenCanvasRenderingContext2D;

export class Pixels {
  readonly #small = newContext();
  readonly #part = newContext();
  readonly #whole = newContext();
  readonly #shown = newContext();
  #bitmap: ImageBitmap | null = null;
  #isKept = false;
  #grey: GreyImage | null = null;
  #full: GreyImage | null = null;
  /** The parts of it that are of this frame. */
  #fresh: Region[] = [];

  /** The next frame. What was read of the one before is gone. */
  load(bitmap: ImageBitmap): void {
    if (!this.#isKept) this.#bitmap?.close();
    this.#isKept = false;
    this.#bitmap = bitmap;
    this.#fresh = [];
  }

  get width(): number {
    return this.#bitmap!.width;
  }

  get height(): number {
    return this.#bitmap!.height;
  }

  /** All of it, reduced to what tracking needs; the same memory for each frame. */
  small(): GreyImage {
    const scale = Math.min(1, SMALL_PX / Math.max(this.width, this.height));
    const [width, height] = [Math.round(this.width * scale), Math.round(this.height * scale)];
    if (this.#grey?.width !== width || this.#grey.height !== height) this.#grey = emptyGrey(width, height);
    const { data } = this.#drawn(this.#small, { x: 0, y: 0, w: this.width, h: this.height }, width, height);
    toGrey(data, this.#grey.data, width, 0, width);
    return this.#grey;
  }

  colour({ x, y, w, h }: Region): ImageData {
    return this.#drawn(this.#part, { x, y, w, h }, w, h);
  }

  /** A picture as large as the frame in which these regions are up to date; the rest is of other frames. */
  grey(regions: readonly Region[]): GreyImage {
    const { width, height } = this;
    if (this.#full?.width !== width || this.#full.height !== height) this.#full = emptyGrey(width, height);
    for (const region of regions) {
      if (this.#fresh.some((other) => isWithin(region, other))) continue;
      this.#fresh.push(region);
      const { data } = this.colour(region);
      toGrey(data, this.#full.data, region.w, region.y * width + region.x, width);
    }
    return this.#full;
  }

  /** Exactly this frame, or a part of it, as a JPEG, as it may leave; its pixels are taken by this call, whatever is loaded later. */
  jpeg(quality: number, veil: Veil, part: PicturePart | null): Promise<Blob> {
    const { canvas } = this.#draw(this.#whole, this.width, this.height, veil);
    return cutOut(canvas, part).convertToBlob({ type: "image/jpeg", quality });
  }

  /** The same in this size, good until it is drawn on again: what is shown live. */
  drawn({ width, height }: { width: number; height: number }, veilFor: (reduction: number) => Veil): Drawn {
    const veil = veilFor(Math.max(1, this.width / width));
    const { canvas } = this.#draw(this.#shown, width, height, veil);
    return { canvas, mask: veil.mask };
  }

  #draw(context: Context, width: number, height: number, veil: Veil): Context {
    const { canvas } = context;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    outgoing.draw(context, this.#bitmap!, veil);
    return context;
  }

  /** The frame itself, whose memory is the caller's to give back from now on. */
  keep(): ImageBitmap {
    this.#isKept = true;
    return this.#bitmap!;
  }

  #drawn(context: Context, { x, y, w, h }: Region, width: number, height: number): ImageData {
    const { canvas } = context;
    if (canvas.width < width || canvas.height < height) {
      Object.assign(canvas, { width, height });
      context.imageSmoothingQuality = "medium"; // without, a picture reduced to a third flickers
    }
    context.drawImage(this.#bitmap!, x, y, w, h, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }
}

function isWithin({ x, y, w, h }: Region, other: Region): boolean {
  return x >= other.x && y >= other.y && x + w <= other.x + other.w && y + h <= other.y + other.h;
}

/** The part of a larger picture that a region covers, in memory of its own. */
export function cut(image: GreyImage, { x, y, w, h }: Region): GreyImage {
  const data = new Uint8Array(w * h);
  for (let row = 0; row < h; row++) {
    const from = (y + row) * image.width + x;
    data.set(image.data.subarray(from, from + w), row * w);
  }
  return { width: w, height: h, data };
}

/** The part of a drawn picture, not scaled; null: all of it. */
export function cutOut(picture: OffscreenCanvas, part: PicturePart | null): OffscreenCanvas {
  if (!part) return picture;
  const { x, y, width, height } = part;
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d", { alpha: false })!.drawImage(picture, x, y, width, height, 0, 0, width, height);
  return canvas;
}

function newContext(): Context {
  return new OffscreenCanvas(16, 16).getContext("2d", { willReadFrequently: true, alpha: false })!;
}

function emptyGrey(width: number, height: number): GreyImage {
  return { width, height, data: new Uint8Array(width * height) };
}

function toGrey(
  rgba: Uint8ClampedArray,
  into: Uint8Array | Uint8ClampedArray,
  width: number,
  start: number,
  stride: number,
): void {
  for (let p = 0, row = start; p < rgba.length; row += stride)
    for (let i = row; i < row + width; i++, p += 4)
      into[i] = (77 * rgba[p]! + 150 * rgba[p + 1]! + 29 * rgba[p + 2]!) >> 8;
}
