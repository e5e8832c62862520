/** Frames as the pictures of a video track, each with its own number burnt in below: whoever gets one knows which it is. */
import { STRIP_BLOCKS, STRIP_PARTS, stripSize, tagOf, writeStrip } from "@nearhand/live/strip";

type Shown = ImageBitmap | OffscreenCanvas;

export class Film {
  readonly #context = new OffscreenCanvas(16, 16).getContext("2d", {
    alpha: false,
    willReadFrequently: true,
  })!;
  readonly #tag: number;

  constructor(stream: string) {
    this.#tag = tagOf(stream);
  }

  /** Exactly these pixels and this number; what is drawn is good until the next. */
  draw(picture: Shown, frame_id: number, longest: number): OffscreenCanvas {
    const { width, height, total } = stripSize(picture.width, picture.height, longest);
    const { canvas } = this.#context;
    if (canvas.width !== width || canvas.height !== total) Object.assign(canvas, { width, height: total });
    this.#context.imageSmoothingQuality = "medium";
    this.#context.drawImage(picture, 0, 0, width, height);
    this.#context.fillStyle = "black";
    this.#context.fillRect(0, height, width, total / STRIP_PARTS);
    this.#context.fillStyle = "white";
    writeStrip({ tag: this.#tag, frame_id }).forEach((isLight, block) => {
      const [from, to] = [block, block + 1].map((k) => Math.round((k * width) / STRIP_BLOCKS));
      if (isLight) this.#context.fillRect(from!, height, to! - from!, total / STRIP_PARTS);
    });
    return canvas;
  }
}
