/** Which still is on the desk, where its bytes are, and what was seen in it. */
import type { SharedStill, Sighting } from "@nearhand/contract";
import type { LiveView } from "@nearhand/live";
import { sameFrame } from "./sight";

export function stillUrl(sessionId: string, still: { sha256: string }): string {
  return `/api/v1/sessions/${sessionId}/stills/${still.sha256}`;
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
