/** The line that both ends of live pictures speak over, and what it tells of the service's clock. */

import type { MediaAsk, MediaTold } from "@nearhand/contract";
import { Connection, type Link, type OpenSocket } from "./connection";

export const VIDEO_PROTOCOL = "nearhand.video.v1";

export interface LineOptions {
  readonly sessionId: string;
  /** Where the service is; by default the page's own origin. */
  readonly origin?: string;
  readonly openSocket?: OpenSocket;
  readonly random?: () => number;
  readonly now?: () => number;
}

interface Ends {
  readonly first: MediaAsk;
  readonly hear: (message: MediaTold) => void;
  readonly see?: (bytes: ArrayBuffer) => void;
  readonly changed: () => void;
}

const ASK_CLOCK_MS = 10_000;

export class PictureLine {
  link: Link = { state: "stopped", because: "closed" };
  readonly now: () => number;
  readonly #connection: Connection;
  readonly #ends: Ends;
  #askedAt: number | null = null;
  #askedLast = -Infinity;
  /** What is added to this page's clock to have the service's, and how long that question took. */
  #clock = { offset: 0, took: Infinity };

  constructor(options: LineOptions, ends: Ends) {
    this.#ends = ends;
    this.now = options.now ?? Date.now;
    const base = (options.origin ?? globalThis.location.origin).replace(/^http/, "ws");
    this.#connection = new Connection({
      url: `${base}/api/v1/sessions/${encodeURIComponent(options.sessionId)}/video`,
      protocol: VIDEO_PROTOCOL,
      greet: () => [ends.first],
      ping: { type: "ping" },
      onMessages: (messages) => (messages as MediaTold[]).forEach((message) => this.#hear(message)),
      onLink: (link) => {
        this.link = link;
        if (link.state !== "open") this.#askedAt = null;
        ends.changed();
      },
      ...(ends.see && { onBytes: ends.see }),
      ...(options.openSocket && { openSocket: options.openSocket }),
      ...(options.random && { random: options.random }),
    });
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  /** From this page's clock to the service's. */
  onService(at: number): number {
    return at + this.#clock.offset;
  }

  get isOpen(): boolean {
    return this.link.state === "open";
  }

  /** First, and after a stop that is over: the phone is unlocked, or its rights are back. */
  open(): void {
    if (this.link.state === "stopped") this.#connection.connect();
  }

  close(): void {
    this.#connection.close();
  }

  say(message: MediaAsk): void {
    if (this.isOpen) this.#connection.send([message]);
  }

  send(bytes: ArrayBuffer): void {
    if (this.isOpen) this.#connection.sendBytes(bytes);
  }

  /** Now and then: a quick answer tells the service's time better than a slow one. */
  askClock(): void {
    const now = this.now();
    if (!this.isOpen || this.#askedAt !== null || now - this.#askedLast < ASK_CLOCK_MS) return;
    this.#askedAt = this.#askedLast = now;
    this.say({ type: "ping" });
  }

  #hear(message: MediaTold): void {
    this.#connection.confirm();
    if (message.type === "pong") {
      if (this.#askedAt === null) return;
      const [asked, now] = [this.#askedAt, this.now()];
      this.#askedAt = null;
      const took = now - asked;
      if (took <= this.#clock.took * 1.5)
        this.#clock = { offset: Date.parse(message.at) - (asked + now) / 2, took };
      return;
    }
    this.askClock();
    this.#ends.hear(message);
  }
}
