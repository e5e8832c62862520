/** The worker's end of the line of pictures: frames as JPEG, each whole, or as VP8, of which most rest on the one before. */
import type { PictureMask } from "@nearhand/contract";
import type { FrameRead, FromWorker, PictureWanted } from "./messages";
import type { Veil } from "./outgoing";
import type { Drawn, Pixels } from "./pixels";

type Vp8Wanted = Extract<PictureWanted, { codec: "vp8" }>;
type Say = (message: FromWorker, hand?: Transferable[]) => void;

const MOST_WAITING = 2;

export class LineOut {
  #encoder: VideoEncoder | null = null;
  #set = "";
  /** What waits for the encoder, by the time that it was given. */
  readonly #waiting = new Map<number, { frame: FrameRead; mask: PictureMask; since: number }>();

  constructor(private readonly say: Say) {}

  /** Exactly these pixels as they may leave, whatever is loaded later. */
  send(pixels: Pixels, veilFor: (reduction: number) => Veil, wanted: PictureWanted, frame: FrameRead): void {
    const scale = Math.min(1, wanted.longest / Math.max(pixels.width, pixels.height));
    // Even, as codecs of moving pictures want it.
    const even = (side: number) => 2 * Math.round((side * scale) / 2);
    const drawn = pixels.drawn({ width: even(pixels.width), height: even(pixels.height) }, veilFor);
    if (wanted.codec === "jpeg") void this.#jpeg(drawn, wanted.quality, frame);
    else this.#vp8(drawn, wanted, frame);
  }

  async #jpeg({ canvas, mask }: Drawn, quality: number, frame: FrameRead): Promise<void> {
    const since = performance.now();
    const { width, height } = canvas;
    const data = await (await canvas.convertToBlob({ type: "image/jpeg", quality })).arrayBuffer();
    const ms = performance.now() - since;
    this.say({ type: "picture", frame, width, height, codec: "jpeg", isKey: true, data, mask, ms }, [data]);
  }

  #vp8({ canvas, mask }: Drawn, { bitPerS, isKey }: Vp8Wanted, frame: FrameRead): void {
    const { width, height } = canvas;
    const encoder = this.#encoderFor(width, height, bitPerS);
    // One that cannot keep up leaves frames out before they are encoded: that leaves no gap.
    if (encoder.encodeQueueSize > MOST_WAITING) return;
    const since = performance.now();
    const timestamp = Math.round(since * 1000);
    this.#waiting.set(timestamp, { frame, mask, since });
    const picture = new VideoFrame(canvas, { timestamp });
    encoder.encode(picture, { keyFrame: isKey });
    picture.close();
  }

  #encoderFor(width: number, height: number, bitrate: number): VideoEncoder {
    const set = `${width}x${height}@${bitrate}`;
    if (!this.#encoder || this.#encoder.state === "closed") {
      this.#set = "";
      this.#waiting.clear();
      this.#encoder = new VideoEncoder({
        output: (chunk) => this.#came(chunk),
        error: (error) => this.say({ type: "failed", message: String(error) }),
      });
    }
    if (set !== this.#set) {
      // Another size begins anew by itself.
      this.#encoder.configure({ codec: "vp8", width, height, bitrate, latencyMode: "realtime" });
      this.#set = set;
    }
    return this.#encoder;
  }

  #came(chunk: EncodedVideoChunk): void {
    const of = this.#waiting.get(chunk.timestamp);
    this.#waiting.delete(chunk.timestamp);
    if (!of) return;
    const [width, height] = this.#set.split("@")[0]!.split("x").map(Number);
    const data = new ArrayBuffer(chunk.byteLength);
    chunk.copyTo(data);
    const { frame, mask, since } = of;
    const [isKey, ms] = [chunk.type === "key", performance.now() - since];
    this.say(
      { type: "picture", frame, width: width!, height: height!, codec: "vp8", isKey, data, mask, ms },
      [data],
    );
  }
}
