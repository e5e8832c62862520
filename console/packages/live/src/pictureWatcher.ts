/** Watch the live pictures of a session: the newest is made ready, and only then is there room for the next. */

import type { MediaStream } from "@nearhand/contract";
import { type PictureHead, readPicture } from "./picture";
import { type LineOptions, PictureLine } from "./pictureLine";

export interface CamePicture {
  readonly head: PictureHead;
  readonly stream: string;
  readonly by: string;
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** How long ago it was taken, as well as both clocks are known. */
  readonly ageMs: () => number;
}

export interface WatcherOptions extends LineOptions {
  /** Resolves when the picture is ready to be looked at. */
  readonly onPicture: (picture: CamePicture) => Promise<void>;
  readonly onChange: () => void;
}

export class PictureWatcher {
  streams: readonly MediaStream[] = [];
  /** The service has let this line in. */
  isIn = false;
  /** Of pictures that came since this was made. */
  bytes = 0;
  readonly #line: PictureLine;
  readonly #options: WatcherOptions;
  /** Of each stream, the picture that is made ready, and the newest that waits for it. */
  #needs = true;
  readonly #busy = new Map<number, ArrayBuffer | null>();

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#line = new PictureLine(options, {
      first: { type: "media.watch" },
      hear: (message) => {
        if (message.type === "media.streams") {
          if (!this.isIn && !this.#needs) this.#line.say({ type: "media.need", needs: false }); // a line opened anew
          this.isIn = true;
          this.streams = message.streams;
        }
        options.onChange();
      },
      see: (bytes) => this.#see(bytes),
      changed: () => {
        if (this.#line.link.state !== "open") [this.streams, this.isIn] = [[], false];
        options.onChange();
      },
    });
  }

  get isOpen(): boolean {
    return this.#line.link.state === "open";
  }

  /** Whether pictures of this line are needed: they may come another way. */
  need(needs: boolean): void {
    if (needs === this.#needs) return;
    this.#needs = needs;
    if (this.isIn) this.#line.say({ type: "media.need", needs });
  }

  /** First, and after a stop that is over: the phone is unlocked, or its rights are back. */
  open(): void {
    if (this.#line.link.state === "stopped") this.#line.open();
  }

  close(): void {
    this.#line.close();
  }

  #see(bytes: ArrayBuffer): void {
    this.bytes += bytes.byteLength;
    const slot = readPicture(bytes)?.head.slot;
    if (slot === undefined) return;
    if (this.#busy.has(slot)) this.#busy.set(slot, bytes);
    else void this.#ready(slot, bytes);
  }

  async #ready(slot: number, bytes: ArrayBuffer): Promise<void> {
    for (let next: ArrayBuffer | null = bytes; next; next = this.#busy.get(slot) ?? null) {
      this.#busy.set(slot, null);
      const { head, jpeg } = readPicture(next)!;
      const from = this.streams.find((one) => one.slot === slot);
      const ageMs = () => Math.max(0, this.#line.onService(this.#line.now()) - head.captured_at);
      if (from)
        await this.#options
          .onPicture({ head, stream: from.stream, by: from.by, jpeg, ageMs })
          .catch(() => undefined); // one that cannot be shown is followed by another
      this.#line.say({ type: "media.got", slot, frame_id: head.frame_id });
      this.#line.askClock();
    }
    this.#busy.delete(slot);
  }
}
