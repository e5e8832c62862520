/** Frames as the pictures of a video track, each with its own number burnt in below: whoever gets one knows which it is. */
import type { PictureMask } from "@nearhand/contract";
import { STRIP_BLOCKS, STRIP_PARTS, stripSize, tagOf, writeStrip } from "@nearhand/live/strip";
import type { Veil } from "./outgoing";
import type { Pixels } from "./pixels";

export class Film {
  readonly #context = new OffscreenCanvas(16, 16).getContext("2d", {
    alpha: false,
    willReadFrequently: true,
  })!;
  readonly #tag: number;

  constructor(stream: string) {
    this.#tag = tagOf(stream);
  }

  /** Exactly this frame as it may leave, and its number; what is drawn is good until the next. */
  draw(
    pixels: Pixels,
    veilFor: (reduction: number) => Veil,
    frame_id: number,
    longest: number,
  ): OffscreenCanvas {
    const size = stripSize(pixels.width, pixels.height, longest);
    const { canvas: picture, mask } = pixels.drawn(size, veilFor);
    const { width, height, total } = size;
    const { canvas } = this.#context;
    if (canvas.width !== width || canvas.height !== total) Object.assign(canvas, { width, height: total });
    this.#context.drawImage(picture, 0, 0);
    this.#burn(frame_id, mask, width, height, total / STRIP_PARTS);
    return canvas;
  }

  #burn(frame_id: number, mask: PictureMask, width: number, top: number, high: number): void {
    this.#context.fillStyle = "black";
    this.#context.fillRect(0, top, width, high);
    this.#context.fillStyle = "white";
    writeStrip({ tag: this.#tag, frame_id, mask }).forEach((isLight, block) => {
      const [from, to] = [block, block + 1].map((k) => Math.round((k * width) / STRIP_BLOCKS));
      if (isLight) this.#context.fillRect(from!, top, to! - from!, high);
    });
  }
}
