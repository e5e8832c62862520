/** What the expert chose to show of their screen: pictures of it, as they are asked for. */
import type { ScreenShot, ScreenSource, Sharpness } from "@nearhand/live/hall";

interface Processor {
  readonly readable: ReadableStream<VideoFrame>;
}
declare const MediaStreamTrackProcessor: undefined | (new (init: { track: MediaStreamTrack }) => Processor);

const BEST: Sharpness = { longestPx: 2560, quality: 0.85 };
/** Of a look: enough for a letter to be seen. */
const LOOK = { width: 320, height: 180 };
/** More is not sent, and each frame costs. */
const FRAMES_PER_S = 5;

export const canShowScreen = (): boolean => "getDisplayMedia" in (navigator.mediaDevices ?? {});

export class ScreenCapture implements ScreenSource {
  onFrame: () => void = () => undefined;
  onEnded: () => void = () => undefined;
  /** Settles when there is something to be seen, or it was ended before. */
  readonly isThere: Promise<void>;
  readonly #canvas = document.createElement("canvas");
  readonly #small = Object.assign(document.createElement("canvas"), LOOK);
  readonly #track: MediaStreamTrack;
  #frame: VideoFrame | null = null;
  #video: HTMLVideoElement | null = null;
  #arrived: () => void = () => undefined;

  private constructor(stream: MediaStream) {
    this.#track = stream.getVideoTracks()[0]!;
    this.isThere = new Promise((resolve) => (this.#arrived = resolve));
    this.#track.onended = () => {
      this.#arrived();
      this.onEnded();
    };
    if (typeof MediaStreamTrackProcessor === "undefined") this.#watch(stream);
    else void this.#read(new MediaStreamTrackProcessor({ track: this.#track }).readable.getReader());
  }

  /** Null: nothing was chosen. */
  static async choose(): Promise<ScreenCapture | null> {
    try {
      const video = { frameRate: { max: FRAMES_PER_S } };
      return new ScreenCapture(await navigator.mediaDevices.getDisplayMedia({ video, audio: false }));
    } catch {
      return null;
    }
  }

  look(): Uint8Array | null {
    const source = this.#source;
    if (!source) return null;
    const context = this.#small.getContext("2d", { alpha: false, willReadFrequently: true })!;
    context.imageSmoothingQuality = "high"; // each pixel of the screen counts
    context.drawImage(source, 0, 0, LOOK.width, LOOK.height);
    const { data } = context.getImageData(0, 0, LOOK.width, LOOK.height);
    return Uint8Array.from({ length: LOOK.width * LOOK.height }, (_, at) => grey(data, at * 4));
  }

  async shot({ longestPx, quality }: Sharpness = BEST): Promise<ScreenShot | null> {
    const source = this.#source;
    const [wide, high] = this.#size;
    if (!source || !wide || !high) return null;
    const scale = Math.min(1, longestPx / Math.max(wide, high));
    const [width, height] = [Math.round(wide * scale), Math.round(high * scale)];
    Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext("2d", { alpha: false })!;
    context.imageSmoothingQuality = "high";
    context.drawImage(source, 0, 0, width, height);
    // Letters stay sharper in WebP; whoever cannot make it makes a PNG of it, which is far larger.
    const webp = await this.#encoded("image/webp", quality);
    const blob = webp?.type === "image/webp" ? webp : await this.#encoded("image/jpeg", quality);
    return blob && { blob, width, height };
  }

  close(): void {
    this.#track.onended = null;
    this.#track.stop();
    this.#frame?.close();
    this.#frame = null;
    if (this.#video) this.#video.srcObject = null;
    this.#arrived();
  }

  get #source(): CanvasImageSource | null {
    return this.#frame ?? (this.#video?.videoWidth ? this.#video : null);
  }

  get #size(): readonly [number, number] {
    if (this.#frame) return [this.#frame.displayWidth, this.#frame.displayHeight];
    return [this.#video?.videoWidth ?? 0, this.#video?.videoHeight ?? 0];
  }

  #encoded(type: string, quality: number): Promise<Blob | null> {
    return new Promise((resolve) => this.#canvas.toBlob(resolve, type, quality));
  }

  /** Also while this page is behind others, where no video is painted. */
  async #read(reader: ReadableStreamDefaultReader<VideoFrame>): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        this.#frame?.close();
        this.#frame = value;
        if (this.#track.readyState === "ended") return this.close();
        this.#arrived();
        this.onFrame();
      }
    } catch {
      // It was stopped.
    }
  }

  #watch(stream: MediaStream): void {
    const video = (this.#video = document.createElement("video"));
    Object.assign(video, { muted: true, playsInline: true, srcObject: stream, onloadeddata: this.#arrived });
    void video.play().catch(() => undefined); // without sound it may always play
  }
}

/** One picture. Null: nothing was chosen. */
export async function pictureOfScreen(): Promise<ScreenShot | null> {
  const capture = await ScreenCapture.choose();
  if (!capture) return null;
  try {
    await capture.isThere;
    return await capture.shot();
  } finally {
    capture.close(); // one picture was asked for, and no more is taken
  }
}

const grey = (data: Uint8ClampedArray, at: number): number =>
  (77 * data[at]! + 150 * data[at + 1]! + 29 * data[at + 2]!) >> 8;
