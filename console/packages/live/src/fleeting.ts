/** Send what passes by (pointers, strokes, frames): not too often, newest first, and never before what must arrive. */

import type { ClientMessage } from "@nearhand/contract";

/** An ephemeral message: never stored; the newest of its kind replaces those still waiting. */
export type Passing = Extract<
  ClientMessage,
  {
    type:
      | "pointer.move"
      | "stroke.draw"
      | "frame.sight"
      | "frame.freeze"
      | "rung.tell"
      | "rung.ask"
      | "caption.say";
  }
>;

/** 30 a second is as smooth as a screen needs a hand to be. */
const INTERVAL_MS = 33;
/** With more than this waiting in the socket, the line is slower than the hand. */
const CLEAR_BYTES = 32_000;
const THROTTLED: ReadonlySet<Passing["type"]> = new Set(["pointer.move", "stroke.draw"]);

export class Fleeting {
  readonly #waiting = new Map<Passing["type"], Passing>();
  readonly #sentAt = new Map<Passing["type"], number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly send: (messages: readonly Passing[]) => void,
    private readonly bufferedBytes: () => number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  pass(message: Passing): void {
    this.#waiting.delete(message.type);
    this.#waiting.set(message.type, message);
    this.#flush();
  }

  /** Forget what waits: the line is gone, and with it the moment. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #flush(): void {
    if (this.bufferedBytes() <= CLEAR_BYTES) {
      const due = [...this.#waiting.values()].filter(({ type }) => this.#isDue(type));
      for (const { type } of due) {
        this.#waiting.delete(type);
        this.#sentAt.set(type, this.now());
      }
      if (due.length > 0) this.send(due);
    }
    if (this.#waiting.size > 0 && this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#flush();
      }, INTERVAL_MS);
    }
  }

  #isDue(type: Passing["type"]): boolean {
    const last = this.#sentAt.get(type);
    return !THROTTLED.has(type) || last === undefined || this.now() - last >= INTERVAL_MS;
  }
}
