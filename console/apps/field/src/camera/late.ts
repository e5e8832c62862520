/** Keep the pictures of stills in which no face was seen: it may be found in one of them later, and followed from there. */
import { FaceTracker, type GreyImage, type Located, scaledTo } from "@nearhand/spatial";
import type { SightedLate } from "./messages";

const MOST = 8; // stills, at two in a second: an answer that is later than that follows nothing

export class LateSights {
  readonly #pictures = new Map<number, { at: number; image: GreyImage }>();

  keep(frame_id: number, at: number, image: GreyImage): void {
    this.#pictures.set(frame_id, { at, image: { ...image, data: image.data.slice() } });
    for (const old of this.#pictures.keys()) if (this.#pictures.size > MOST) this.#pictures.delete(old);
  }

  /** A tracker that holds the face as it was then, and the sighting in the words of any other. */
  from({ frame_id, face, sight }: SightedLate): { tracker: FaceTracker; located: Located } | null {
    const kept = this.#pictures.get(frame_id);
    const small = kept && scaledTo(sight.camera, kept.image.width, kept.image.height);
    if (!small) return null;
    const tracker = new FaceTracker();
    tracker.follow(kept.image, small, { at_ms: kept.at });
    tracker.sight(sight, small, face, []);
    this.#pictures.clear();
    const located: Located = {
      ...sight,
      joint: [],
      misfit: 1,
      margin: Infinity,
      label_seen: false,
      tags_seen: [],
      held: [],
    };
    return { tracker, located };
  }
}
