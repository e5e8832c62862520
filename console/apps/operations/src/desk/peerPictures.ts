/** The technician's video at the desk: one track of those that come, each picture called by what it says it is. */
import type { FrameRef, FrameSighted, PictureMask } from "@nearhand/contract";
import { tagOf } from "@nearhand/live/strip";
import { TrackFrames, type TrackPicture } from "./trackFrames";

/** A track that comes here now. */
export interface CameraTrack {
  readonly by: string;
  readonly track: MediaStreamTrack;
}

/** Pictures that come no slower than this are all that is needed. */
const STALLED_MS = 600;
const FLOWING = 5;

export class PeerPictures {
  readonly #streams = new Map<number, { stream: string; by: string; newest: number }>();
  #open: (CameraTrack & { frames: TrackFrames }) | null = null;
  #cameAt = -Infinity;
  #inRow = 0;

  constructor(
    private readonly onPicture: (
      frame: FrameRef,
      by: string,
      bitmap: ImageBitmap,
      mask: PictureMask,
    ) => Promise<void>,
  ) {}

  /** So steadily that no other way is needed. */
  get isFlowing(): boolean {
    return this.#open !== null && this.#inRow >= FLOWING && performance.now() - this.#cameAt < STALLED_MS;
  }

  /** The one to be shown; null: none. */
  open(wanted: CameraTrack | null): void {
    if (wanted?.track === this.#open?.track) return;
    this.close();
    if (!wanted) return;
    const frames = new TrackFrames(wanted.track, (picture) => this.#came(wanted.by, picture));
    this.#open = { ...wanted, frames };
  }

  close(): void {
    this.#open?.frames.close();
    this.#open = null;
    this.#inRow = 0;
  }

  /** Every frame is told of before it comes: so a picture's stream is known by its short sum. */
  sighted({ by, frame: { stream, frame_id } }: FrameSighted): void {
    this.#streams.set(tagOf(stream), { stream, by, newest: frame_id });
  }

  async #came(by: string, { bitmap, mark }: TrackPicture): Promise<void> {
    const frame = this.#frameOf(by, mark);
    if (!frame) return bitmap.close();
    const now = performance.now();
    this.#inRow = now - this.#cameAt < STALLED_MS ? this.#inRow + 1 : 0;
    this.#cameAt = now;
    await this.onPicture(frame, by, bitmap, mark?.mask ?? "none");
  }

  /** By its strip, of a stream of theirs; else it is some frame shortly before the newest, and is said to be no more. */
  #frameOf(by: string, mark: TrackPicture["mark"]): FrameRef | null {
    const named = mark && this.#streams.get(mark.tag);
    if (named?.by === by) return { stream: named.stream, frame_id: mark!.frame_id, how: "strip" };
    const newest = [...this.#streams.values()].findLast((one) => one.by === by);
    return newest ? { stream: newest.stream, frame_id: newest.newest, how: "approximate" } : null;
  }
}
