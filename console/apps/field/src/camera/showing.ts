/** The live pictures of the session this page is in: what sends them comes as a part of its own. */
import type { RungTold } from "@nearhand/contract";
import type { DirectSeen } from "@nearhand/live/rtc";
import { type ReadonlySignal, signal } from "@preact/signals";
import type { PictureTaken, PictureWanted } from "./messages";

export type RungNo = RungTold["rung"];

/** How pictures go out now. */
export interface Rung {
  readonly rung: RungNo;
  readonly because: RungTold["because"];
  /** Somebody gets them, or would. */
  readonly isWatched: boolean;
  /** Chosen by hand here, or asked for. */
  readonly chosen: RungNo | null;
  /** Live pictures go out. */
  readonly isLive: boolean;
}

/** What all traffic of the session has come to on this phone, and what it may come to; null: as much as it takes. */
export interface Data {
  readonly bytes: number;
  readonly budget: number | null;
}

export interface Due {
  /** For the line of pictures. */
  readonly picture: PictureWanted | null;
  /** For the video track. */
  readonly film: { longest: number } | null;
}

export const NOTHING_DUE: Due = { picture: null, film: null };

/** Voice and video: the direct ways to those who look. */
export interface Direct {
  measure(): Promise<readonly DirectSeen[]>;
  limit(bitPerS: number): void;
  /** Whether to see how much they lose, while no pictures go by them. */
  probe(wants: boolean): void;
  /** What these ways carried, as of the last measure. */
  readonly bytes: number;
}

export interface LivePictures {
  readonly rung: ReadonlySignal<Rung>;
  readonly data: ReadonlySignal<Data>;
  /** What is due of the frame being taken. `now` in the page's milliseconds. */
  wants(now: number): Due;
  take(picture: PictureTaken): void;
  /** What connects directly, while it is there. */
  through(direct: Direct | null): void;
  /** By hand; null: as the ways allow. */
  pin(rung: RungNo | null): void;
  /** Somebody else asks for it. */
  ask(rung: RungNo | null): void;
  /** The session's own line is back. */
  again(): void;
  close(): void;
}

export const showing = signal<LivePictures | null>(null);
