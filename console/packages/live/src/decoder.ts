/** VP8 pictures of one stream, each given back under its own number. */

interface Coming<Head> {
  readonly head: Head;
  readonly frame: VideoFrame;
}

export const readsVp8 = (): boolean => typeof VideoDecoder !== "undefined";

export class Vp8Decoder<Head extends { readonly frame_id: number; readonly isKey: boolean }> {
  readonly #heads = new Map<number, Head>();
  #decoder: VideoDecoder | null = null;

  /** `onGap`: nothing comes out any more until a picture that needs none before it. */
  constructor(
    private readonly onFrame: (coming: Coming<Head>) => void,
    private readonly onGap: () => void,
  ) {}

  decode(head: Head, data: Uint8Array<ArrayBuffer>): void {
    if (!this.#decoder) {
      if (!head.isKey) return;
      this.#decoder = new VideoDecoder({ output: (frame) => this.#came(frame), error: () => this.#lost() });
      this.#decoder.configure({ codec: "vp8", optimizeForLatency: true });
    }
    this.#heads.set(head.frame_id, head);
    try {
      // Its number is its time: what comes out says which went in.
      const type = head.isKey ? "key" : "delta";
      this.#decoder.decode(new EncodedVideoChunk({ type, timestamp: head.frame_id, data }));
    } catch {
      this.#lost();
    }
  }

  close(): void {
    if (this.#decoder && this.#decoder.state !== "closed") this.#decoder.close();
    this.#decoder = null;
    this.#heads.clear();
  }

  #came(frame: VideoFrame): void {
    const head = this.#heads.get(frame.timestamp);
    for (const id of this.#heads.keys()) if (id <= frame.timestamp) this.#heads.delete(id);
    if (head) this.onFrame({ head, frame });
    else frame.close();
  }

  #lost(): void {
    this.close();
    this.onGap();
  }
}
