/** Send a camera's pictures while somebody watches: few on the way at once, and measured how they fare. */

import { packPicture, type PictureHead } from "./picture";
import { type LineOptions, PictureLine } from "./pictureLine";

export interface SenderOptions extends LineOptions {
  readonly stream: string;
  /** Who watches, or how the line stands, is not as before. */
  readonly onChange: () => void;
}

/** How the line fared since it was asked before. */
export interface Paced {
  readonly sent: number;
  /** Had to be left out, because too much was on the way. */
  readonly held: number;
  /** The longest that a picture needed until the service had it, or has needed so far; null: none was sent. */
  readonly tripMs: number | null;
  /** Pictures that somebody who watches has not got yet, of those the service has. */
  readonly unseen: number;
}

const MOST_FLYING = 4;
const LEAST_FLYING = 2;
const FRESH_MS = 250;
const CLEAR_BYTES = 256 * 1024;

export class PictureSender {
  /** How many would see a picture now. */
  watchers = 0;
  /** All of them read VP8. */
  allReadVp8 = false;
  /** Somebody has a gap. */
  #wantsKey = false;
  /** The session has had all the bytes of live pictures that it may. */
  isSpent = false;
  /** Of pictures that were sent since this was made. */
  bytes = 0;
  readonly #line: PictureLine;
  readonly #flying: { frame_id: number; at: number }[] = [];
  #taken: number[] = [];
  #sent = 0;
  #held = 0;
  #tripMs: number | null = null;

  constructor(options: SenderOptions) {
    this.#line = new PictureLine(options, {
      first: { type: "media.send", stream: options.stream },
      hear: (message) => {
        if (message.type === "media.took") return this.#took(message.frame_id, message.seen ?? null);
        if (message.type === "media.watched")
          [this.watchers, this.allReadVp8] = [message.watchers, message.all_read_vp8];
        if (message.type === "media.key") this.#wantsKey = true;
        if (message.type === "media.spent") this.isSpent = true;
        options.onChange();
      },
      changed: () => {
        if (!this.#line.isOpen) {
          this.watchers = 0;
          this.#flying.length = 0;
          this.#taken = [];
        }
        options.onChange();
      },
    });
  }

  get isOpen(): boolean {
    return this.#line.isOpen;
  }

  open(): void {
    this.#line.open();
  }

  close(): void {
    this.#line.close();
  }

  /** Whether another picture may leave. One that is due and may not counts as held. */
  isRoom(): boolean {
    const oldest = this.#flying[0];
    const isYoung = oldest !== undefined && this.#line.now() - oldest.at <= FRESH_MS;
    const most = isYoung ? MOST_FLYING : LEAST_FLYING;
    const isRoom =
      this.isOpen && this.#line.bufferedBytes < CLEAR_BYTES && (!oldest || this.#flying.length < most);
    if (!isRoom) this.#held++;
    return isRoom;
  }

  /** Whether the next picture must need none before it; asked once for each that was wanted. */
  takeKey(): boolean {
    const wants = this.#wantsKey;
    this.#wantsKey = false;
    return wants;
  }

  /** `captured_at` is on this page's clock. */
  send(head: Omit<PictureHead, "slot">, data: ArrayBuffer): void {
    const last = this.#flying.at(-1)?.frame_id ?? this.#taken.at(-1) ?? -1;
    if (!this.isOpen || head.frame_id <= last) return;
    const packed = packPicture({ ...head, captured_at: this.#line.onService(head.captured_at) }, data);
    this.#line.send(packed);
    this.#flying.push({ frame_id: head.frame_id, at: this.#line.now() });
    this.#sent++;
    this.bytes += packed.byteLength;
  }

  paced(): Paced {
    const waiting = this.#flying[0] ? this.#line.now() - this.#flying[0].at : null;
    const tripMs = waiting === null ? this.#tripMs : Math.max(waiting, this.#tripMs ?? 0);
    const paced = { sent: this.#sent, held: this.#held, tripMs, unseen: this.#taken.length };
    this.#sent = this.#held = 0;
    this.#tripMs = null;
    return paced;
  }

  #took(frame_id: number, seen: number | null): void {
    while (this.#flying[0] && this.#flying[0].frame_id <= frame_id) {
      const { at, frame_id: taken } = this.#flying.shift()!;
      this.#tripMs = Math.max(this.#tripMs ?? 0, this.#line.now() - at);
      this.#taken.push(taken);
    }
    if (seen !== null) this.#taken = this.#taken.filter((one) => one > seen);
  }
}
