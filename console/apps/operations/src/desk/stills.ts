/** Which still is on the desk, where its bytes are, and what was seen in it. */
import type { SharedStill, Sighting } from "@nearhand/contract";
import type { LiveView } from "@nearhand/live";
import { sameFrame } from "./sight";

export function stillUrl(sessionId: string, still: { sha256: string }): string {
  return `/api/v1/sessions/${sessionId}/stills/${still.sha256}`;
}

/** All of the frame that it shows, or shows a part of: what points and sightings are of. */
export function frameOf({ width, height, part }: SharedStill): { width: number; height: number } {
  return part ? { width: part.frame_width, height: part.frame_height } : { width, height };
}

/** Where in its frame the picture lies. */
export function placeOf({ width, height, part }: SharedStill) {
  return { x: part?.x ?? 0, y: part?.y ?? 0, width, height };
}

/** The newest still of those followed. */
export function sharpest(stills: readonly SharedStill[], followed: string | null): SharedStill | null {
  return stills.findLast((still) => followed === null || still.by === followed) ?? null;
}

/** A still's own sighting; else the one told for the same frame while it passed by. */
export function sightingOf(still: SharedStill | null, view: LiveView): Sighting | null {
  if (!still) return null;
  return (
    still.sighting ??
    Object.values(view.frames).find((told) => sameFrame(told.frame, still.frame))?.sighting ??
    null
  );
}

const WHOLE_WITHIN_MS = 20_000;

/** Of somebody's pictures all was asked for: the next that shows it is the answer. */
export class WholeAsked {
  #asked: { by: string; at: number } | null = null;

  constructor(private readonly now: () => number = Date.now) {}

  ask(by: string): void {
    this.#asked = { by, at: this.now() };
  }

  isAnsweredBy({ by, part }: SharedStill): boolean {
    if (this.#asked?.by !== by || part) return false;
    const isInTime = this.now() - this.#asked.at <= WHOLE_WITHIN_MS;
    this.#asked = null;
    return isInTime;
  }
}
