/** Sends what a screen shows when it has changed: one picture at a time, as fast as they are taken in. */

export interface ScreenShot {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}

/** How large and how good a picture is made. */
export interface Sharpness {
  readonly longestPx: number;
  readonly quality: number;
}

export interface ScreenSource {
  /** A small look at what it shows now, in grey; null: nothing yet. */
  look(): Uint8Array | null;
  shot(sharpness: Sharpness): Promise<ScreenShot | null>;
}

export interface ScreenSending {
  readonly source: ScreenSource;
  readonly send: (shot: ScreenShot) => Promise<void>;
  /** What sending was refused with: whether another try may be taken in, after a pause or with a smaller picture. */
  readonly after: (error: unknown) => "over" | "smaller" | "later";
  /** It is shared no more, as far as the service is concerned. */
  readonly onOver: () => void;
  readonly now: () => number;
}

/** From sharp text to what a thin line still takes. */
const SHARPNESS: readonly [Sharpness, ...Sharpness[]] = [
  { longestPx: 1920, quality: 0.85 },
  { longestPx: 1920, quality: 0.6 },
  { longestPx: 1600, quality: 0.5 },
  { longestPx: 1280, quality: 0.4 },
];

/** As much as a mouse pointer's shadow or a codec's noise makes; a letter typed makes more. */
const NOISE = 6;
const GAP_MS = 1000;
const SLOW_MS = 3000;
const QUICK_MS = 800;
const LONGEST_PAUSE_MS = 15_000;

export function differs(a: Uint8Array | null, b: Uint8Array): boolean {
  if (a?.length !== b.length) return true;
  return b.some((value, at) => Math.abs(value - a[at]!) > NOISE);
}

export class ScreenSender {
  #sent: Uint8Array | null = null;
  #step = 0;
  #nextAt = 0;
  #failures = 0;
  #isBusy = false;
  #isClosed = false;

  constructor(private readonly to: ScreenSending) {}

  /** Several times a second. */
  async tick(): Promise<void> {
    const { source, now } = this.to;
    if (this.#isBusy || this.#isClosed || now() < this.#nextAt) return;
    const look = source.look();
    if (!look || !differs(this.#sent, look)) return;
    this.#isBusy = true;
    const began = now();
    try {
      const shot = await source.shot(SHARPNESS[this.#step]!);
      if (!shot || this.#isClosed) return;
      await this.to.send(shot);
      this.#sent = look;
      this.#took(now() - began);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isBusy = false;
    }
  }

  /** The line was away: what is seen there may be older than what was sent. */
  again(): void {
    this.#sent = null;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Half of the line is left to voice, stills and marks. */
  #took(ms: number): void {
    this.#failures = 0;
    this.#nextAt = this.to.now() + Math.max(GAP_MS - ms, ms);
    if (ms > SLOW_MS) this.#step = Math.min(SHARPNESS.length - 1, this.#step + 1);
    else if (ms < QUICK_MS) this.#step = Math.max(0, this.#step - 1);
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    const how = this.to.after(error);
    if (how === "over") return this.to.onOver();
    if (how === "smaller") this.#step = Math.min(SHARPNESS.length - 1, this.#step + 1);
    this.#nextAt = this.to.now() + Math.min(LONGEST_PAUSE_MS, GAP_MS * 2 ** this.#failures++);
  }
}
