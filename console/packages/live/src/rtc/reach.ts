/** What of another client's voice and pictures arrives here, whichever way it takes. */

import type { Probe } from "./probe";

/** `seeking`: no way yet. `lost`: there was one. `none`: none was found so far; it is tried again. */
export type Way = "seeking" | "open" | "lost" | "none";

export interface Mine {
  readonly sound: MediaStreamTrack | null;
  readonly pictures: MediaStreamTrack | null;
  /** Pictures take no more. */
  readonly bitPerS: number;
}

export interface Reach {
  readonly way: Way;
  /** The other side's sound and pictures, once they come. */
  readonly sound: MediaStreamTrack | null;
  readonly pictures: MediaStreamTrack | null;
  /** It was agreed that pictures go from here to there. */
  readonly isShown: boolean;
  /** The connection by which what is sent goes to them. */
  readonly sendingLine: RTCPeerConnection | null;
  /** What there is of connections of its own. */
  readonly lines: readonly RTCPeerConnection[];
  /** How much of what goes to them directly is lost, also while no pictures do. */
  readonly probe?: Probe;
  /** How loud they are now, 0 to 1. */
  readonly level: number;
  /** What goes out from now on. */
  send(mine: Mine): Promise<void>;
  /** Small things said beside sound and pictures, where the way carries them. */
  say(what: unknown): void;
  close(): void;
}
