/** Fetches what another's screen shows: always the newest, one at a time, and never more than half of what the line takes. */

import { API, type ScreenChanged } from "@nearhand/contract";

export interface SeenScreen {
  readonly src: string;
  readonly sha256: string;
  /** When it came here. */
  readonly at: number;
}

export interface ScreenWatching {
  readonly fetchNewest: () => Promise<{ blob: Blob; sha256: string } | null>;
  readonly onSeen: (seen: SeenScreen) => void;
}

const GAP_MS = 300;
const LONGEST_PAUSE_MS = 15_000;

export class ScreenWatcher {
  #wanted = "";
  #has = "";
  #made: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isBusy = false;
  #failures = 0;
  #restsUntil = 0;
  #isPaused = false;
  #isClosed = false;

  constructor(private readonly to: ScreenWatching) {}

  /** Something newer is there than what is seen. */
  get isBehind(): boolean {
    return this.#wanted !== this.#has;
  }

  changed({ sha256 }: Pick<ScreenChanged, "sha256">): void {
    this.#wanted = sha256;
    this.#go();
  }

  /** While paused nothing is fetched by itself. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#go();
  }

  /** Also while paused. */
  async fetchNow(): Promise<void> {
    if (this.#isBusy || this.#isClosed || !this.isBehind) return;
    this.#isBusy = true;
    const began = performance.now();
    try {
      this.#took(await this.to.fetchNewest());
      this.#failures = 0;
    } catch {
      this.#failures += 1;
    } finally {
      this.#isBusy = false;
    }
    const now = performance.now();
    this.#restsUntil =
      now +
      (this.#failures
        ? Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (this.#failures - 1))
        : Math.max(GAP_MS, now - began));
    this.#go();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#made) URL.revokeObjectURL(this.#made);
  }

  #took(newest: { blob: Blob; sha256: string } | null): void {
    if (!newest) this.#wanted = this.#has; // there is none any more: the next one will be told
    if (!newest || this.#isClosed) return;
    const old = this.#made;
    this.#made = URL.createObjectURL(newest.blob);
    this.#has = newest.sha256;
    this.to.onSeen({ src: this.#made, sha256: newest.sha256, at: Date.now() });
    if (old) URL.revokeObjectURL(old);
  }

  #go(): void {
    if (this.#isBusy || this.#isPaused || this.#isClosed || !this.isBehind) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.fetchNow(), this.#restsUntil - performance.now());
  }
}

/** What a screen of this session shows now; null: none is shared that one may see. */
export async function newestOfScreen(sessionId: string): Promise<{ blob: Blob; sha256: string } | null> {
  const path = `${API}/sessions/${encodeURIComponent(sessionId)}/screen`;
  const response = await fetch(path, { credentials: "same-origin" });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`The picture did not come: ${response.status}.`);
  const sha256 = response.headers.get("etag")?.replaceAll('"', "") ?? "";
  return { blob: await response.blob(), sha256 };
}
