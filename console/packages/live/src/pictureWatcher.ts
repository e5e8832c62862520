/** Watch the live pictures of a session: the newest is made ready, and only then is there room for the next. */

import type { MediaStream } from "@nearhand/contract";
import { readsVp8, Vp8Decoder } from "./decoder";
import { type PictureHead, readPicture } from "./picture";
import { type LineOptions, PictureLine } from "./pictureLine";

export interface CamePicture {
  readonly head: PictureHead;
  readonly stream: string;
  readonly by: string;
  /** A JPEG, or a frame that is closed when the picture is ready. */
  readonly picture: Blob | VideoFrame;
  /** How long ago it was taken, as well as both clocks are known. */
  readonly ageMs: () => number;
}

export interface WatcherOptions extends LineOptions {
  /** Resolves when the picture is ready to be looked at. */
  readonly onPicture: (picture: CamePicture) => Promise<void>;
  readonly onChange: () => void;
}

interface Ready {
  readonly head: PictureHead;
  readonly picture: Blob | VideoFrame;
}

export class PictureWatcher {
  streams: readonly MediaStream[] = [];
  /** The service has let this line in. */
  isIn = false;
  /** Of pictures that came since this was made. */
  bytes = 0;
  readonly #line: PictureLine;
  readonly #options: WatcherOptions;
  #needs = true;
  /** Of each stream, the picture that is made ready, and the newest that waits for it. */
  readonly #busy = new Map<number, Ready | null>();
  readonly #decoders = new Map<number, Vp8Decoder<PictureHead>>();

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#line = new PictureLine(options, {
      first: { type: "media.watch", reads_vp8: readsVp8() },
      hear: (message) => {
        if (message.type === "media.streams") {
          if (!this.isIn && !this.#needs) this.#say(false); // a line that was opened anew
          this.isIn = true;
          this.streams = message.streams;
          this.#forget((slot) => !this.streams.some((one) => one.slot === slot));
        }
        options.onChange();
      },
      see: (bytes) => this.#see(bytes),
      changed: () => {
        if (!this.#line.isOpen) {
          [this.streams, this.isIn] = [[], false];
          this.#forget(() => true);
        }
        options.onChange();
      },
    });
  }

  get isOpen(): boolean {
    return this.#line.isOpen;
  }

  /** Whether pictures of this line are needed: they may come another way. */
  need(needs: boolean): void {
    if (needs === this.#needs) return;
    this.#needs = needs;
    if (this.isIn) this.#say(needs);
  }

  open(): void {
    this.#line.open();
  }

  close(): void {
    this.#line.close();
    this.#forget(() => true);
  }

  #say(needs: boolean): void {
    this.#line.say({ type: "media.need", needs });
  }

  #forget(which: (slot: number) => boolean): void {
    for (const [slot, decoder] of this.#decoders)
      if (which(slot)) {
        decoder.close();
        this.#decoders.delete(slot);
      }
  }

  #see(bytes: ArrayBuffer): void {
    this.bytes += bytes.byteLength;
    const read = readPicture(bytes);
    if (!read) return;
    const { head, data } = read;
    if (head.codec === "jpeg") return this.#came({ head, picture: new Blob([data], { type: "image/jpeg" }) });
    let decoder = this.#decoders.get(head.slot);
    if (!decoder) {
      // With a gap the line is needed anew: the service asks for a picture that ends it.
      decoder = new Vp8Decoder(
        ({ head: of, frame }) => this.#came({ head: of, picture: frame }),
        () => this.#say(this.#needs),
      );
      this.#decoders.set(head.slot, decoder);
    }
    decoder.decode(head, data);
  }

  #came(ready: Ready): void {
    const { slot } = ready.head;
    const waiting = this.#busy.get(slot);
    if (waiting) free(waiting);
    if (waiting === undefined) void this.#ready(ready);
    else this.#busy.set(slot, ready);
  }

  async #ready(first: Ready): Promise<void> {
    const { slot } = first.head;
    for (let next: Ready | null = first; next; next = this.#busy.get(slot) ?? null) {
      this.#busy.set(slot, null);
      const { head, picture } = next;
      const from = this.streams.find((one) => one.slot === slot);
      const ageMs = () => Math.max(0, this.#line.onService(this.#line.now()) - head.captured_at);
      if (from)
        await this.#options
          .onPicture({ head, stream: from.stream, by: from.by, picture, ageMs })
          .catch(() => undefined); // one that cannot be shown is followed by another
      free(next);
      this.#line.say({ type: "media.got", slot, frame_id: head.frame_id });
      this.#line.askClock();
    }
    this.#busy.delete(slot);
  }
}

function free({ picture }: Ready): void {
  if ("close" in picture) picture.close();
}
