/** The live pictures of the session this page is in: what sends them comes as a part of its own. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { PictureTaken } from "./messages";

/** How pictures go out now. */
export interface Rung {
  /** Index of the size and rate; beyond the last, stills only. */
  readonly step: number;
  readonly isWatched: boolean;
  /** The session has had all the bytes of live pictures that it may. */
  readonly isSpent: boolean;
  readonly pinned: number | null;
  readonly bytes: number;
  /** Live pictures go out. */
  readonly isLive: boolean;
}

export interface LivePictures {
  readonly rung: ReadonlySignal<Rung>;
  /** The size of the picture that is due of the frame being taken; null: none is. `now` in the page's milliseconds. */
  wants(now: number): { longest: number; quality: number } | null;
  take(picture: PictureTaken): void;
  pin(step: number | null): void;
  /** The session's own line is back. */
  again(): void;
  close(): void;
}

export const showing = signal<LivePictures | null>(null);
