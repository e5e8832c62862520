/** Whether a way by which no pictures go would lose them: a few bytes twelve times a second, sent back by the other end. */

/** What of RTCDataChannel it uses: one that neither keeps an order nor sends anything twice. */
export interface Lossy {
  readonly readyState: RTCDataChannelState;
  onmessage: ((event: MessageEvent) => void) | null;
  send(text: string): void;
}

const EVERY_MS = 80;
const JUDGED = 30; // what comes to 2.4 seconds of them
const LATE_MS = 500;
const KEPT = JUDGED + Math.ceil(LATE_MS / EVERY_MS) + 1;

interface Sent {
  readonly at: number;
  isBack: boolean;
}

export class Probe {
  readonly #sent = new Map<number, Sent>();
  #count = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Other clients may not know of this: then nothing is known, rather than all lost. */
  #isKnownThere = false;

  constructor(
    private readonly channel: Lossy,
    private readonly now: () => number = () => performance.now(),
  ) {
    channel.onmessage = ({ data }) => this.#heard(String(data));
  }

  /** Of those sent in the last seconds, there or back, 0 to 1; null: not known (yet). */
  get lost(): number | null {
    const due = [...this.#sent.values()].filter(({ at }) => this.now() - at > LATE_MS).slice(-JUDGED);
    if (!this.#isKnownThere || due.length < JUDGED) return null;
    return due.filter(({ isBack }) => !isBack).length / JUDGED;
  }

  ask(wants: boolean): void {
    if (wants === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = wants ? setInterval(() => this.#send(), EVERY_MS) : undefined;
    this.#sent.clear();
  }

  #send(): void {
    if (this.channel.readyState !== "open") return;
    const number = ++this.#count;
    this.#sent.set(number, { at: this.now(), isBack: false });
    this.#sent.delete(number - KEPT);
    this.channel.send(`?${number}`);
  }

  #heard(text: string): void {
    const number = Number(text.slice(1));
    if (text.startsWith("?") && this.channel.readyState === "open") return this.channel.send(`!${number}`);
    const sent = this.#sent.get(number);
    if (!sent) return;
    sent.isBack = this.#isKnownThere = true;
  }
}
