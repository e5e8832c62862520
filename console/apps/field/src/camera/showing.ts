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

export interface Due {
  /** For the line of pictures. */
  readonly picture: { longest: number; quality: number } | null;
  /** For the video track. */
  readonly film: { longest: number } | null;
}

export const NOTHING_DUE: Due = { picture: null, film: null };

/** Voice and video: whether the track reaches somebody who looks. */
export interface Direct {
  readonly isWatched: boolean;
}

export interface LivePictures {
  readonly rung: ReadonlySignal<Rung>;
  /** What is due of the frame being taken. `now` in the page's milliseconds. */
  wants(now: number): Due;
  take(picture: PictureTaken): void;
  /** The direct ways there are now; null: none. */
  through(direct: Direct | null): void;
  pin(step: number | null): void;
  /** The session's own line is back. */
  again(): void;
  close(): void;
}

export const showing = signal<LivePictures | null>(null);
