/** Keep the newest frames that were shown live, so that the sharp still of exactly one of them can be made. */
import type { FaceSize } from "@nearhand/spatial";
import type { Develop, FrameRead, StillTaken } from "./messages";
import { Outgoing, veilOf } from "./outgoing";
import { cutOut } from "./pixels";
import { faceIn, stillOf } from "./where";

const MOST_BYTES = 64 * 1024 * 1024; // of pixels: a phone has not much more to spare beside its camera
const QUALITY = 0.85;

export class Developer {
  readonly #outgoing = new Outgoing();
  readonly #kept = new Map<number, { bitmap: ImageBitmap; frame: FrameRead; face: FaceSize | null }>();

  /** The frame's memory is given back here. `face`: what is looked for in it. */
  keep(bitmap: ImageBitmap, frame: FrameRead, face: FaceSize | null): void {
    this.#kept.set(frame.frame_id, { bitmap, frame, face });
    const most = Math.max(2, Math.floor(MOST_BYTES / (bitmap.width * bitmap.height * 4)));
    for (const [id, { bitmap: old }] of this.#kept) {
      if (this.#kept.size <= most) break; // the oldest come first
      old.close();
      this.#kept.delete(id);
    }
  }

  /** Null when it is not kept any more. */
  async still({ frame_id, mask, isWhole }: Develop): Promise<StillTaken | null> {
    const kept = this.#kept.get(frame_id);
    if (!kept) return null;
    const { width, height } = kept.bitmap;
    const canvas = new OffscreenCanvas(width, height);
    const veil = veilOf(mask, kept.frame);
    this.#outgoing.draw(canvas.getContext("2d", { alpha: false })!, kept.bitmap, veil);
    const part = isWhole ? null : faceIn(kept.frame, kept.face);
    const jpeg = await cutOut(canvas, part).convertToBlob({ type: "image/jpeg", quality: QUALITY });
    return stillOf(kept.frame, jpeg, veil.mask, part);
  }
}
