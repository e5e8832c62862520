/** The worker's end of the line of pictures: frames as JPEG, each whole, or as VP8, of which most rest on the one before. */
import type { FrameRead, FromWorker, PictureWanted } from "./messages";

type Vp8Wanted = Extract<PictureWanted, { codec: "vp8" }>;
type Say = (message: FromWorker, hand?: Transferable[]) => void;

const MOST_WAITING = 2;

export class LineOut {
  #encoder: VideoEncoder | null = null;
  #set = "";
  /** What waits for the encoder, by the time that it was given. */
  readonly #waiting = new Map<number, { frame: FrameRead; since: number }>();

  constructor(private readonly say: Say) {}

  /** Exactly what is drawn now; the canvas may be drawn on again at once. */
  send(drawn: OffscreenCanvas, wanted: PictureWanted, frame: FrameRead): void {
    if (wanted.codec === "jpeg") void this.#jpeg(drawn, wanted.quality, frame);
    else this.#vp8(drawn, wanted, frame);
  }

  async #jpeg(drawn: OffscreenCanvas, quality: number, frame: FrameRead): Promise<void> {
    const since = performance.now();
    const { width, height } = drawn;
    const data = await (await drawn.convertToBlob({ type: "image/jpeg", quality })).arrayBuffer();
    const ms = performance.now() - since;
    this.say({ type: "picture", frame, width, height, codec: "jpeg", isKey: true, data, ms }, [data]);
  }

  #vp8(drawn: OffscreenCanvas, { bitPerS, isKey }: Vp8Wanted, frame: FrameRead): void {
    const { width, height } = drawn;
    const encoder = this.#encoderFor(width, height, bitPerS);
    // One that cannot keep up leaves frames out before they are encoded: that leaves no gap.
    if (encoder.encodeQueueSize > MOST_WAITING) return;
    const since = performance.now();
    const timestamp = Math.round(since * 1000);
    this.#waiting.set(timestamp, { frame, since });
    const picture = new VideoFrame(drawn, { timestamp });
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
    const { frame, since } = of;
    const [isKey, ms] = [chunk.type === "key", performance.now() - since];
    const picture = {
      type: "picture",
      frame,
      width: width!,
      height: height!,
      codec: "vp8",
      isKey,
      data,
      ms,
    } as const;
    this.say(picture, [data]);
  }
}
