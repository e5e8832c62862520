/** Share sharp stills at the pace the link allows: the next leaves only when the last has settled. */
import type { FramePart, FrameRef, PictureMask, Sighting, Still } from "@nearhand/contract";

/** A JPEG of exactly one frame, or of a part of it, and what was seen in it. */
export interface FrameStill {
  frame_id: number;
  captured_at: number;
  width: number;
  height: number;
  jpeg: Blob;
  sighting: Sighting | null;
  /** What is hidden in it. */
  mask: PictureMask;
  /** Null: all of the frame. */
  part: FramePart | null;
}

export interface StillDoors {
  upload: (jpeg: Blob, mask: PictureMask) => Promise<Pick<Still, "sha256">>;
  share: (still: FrameStill & { sha256: string }) => void;
  /** Have the sharp still of an earlier frame made: it is added, or said to be gone. */
  develop: (frame_id: number, isWhole: boolean) => void;
  /** Whether a picture that hides so much may leave now. */
  mayLeave: (mask: PictureMask) => boolean;
  now: () => number;
  /** Live pictures go out: stills come seldom then, and leave them the line. */
  isLive: () => boolean;
  /** Only what is asked for goes out. */
  isOnRequest: () => boolean;
}

export const RING_MS = 10_000;
const FASTEST_MS = 1000;
const BESIDE_LIVE_MS = 5000;
const SLOWEST_MS = 15_000;
const SHARE_OF_LINK = 0.5; // stills use at most about half of the time of the link; marks and words need the rest
const QUALITIES = [0.8, 0.55, 0.4, 0.25] as const;
const UPLOAD_MS = 600; // a still that needs no more is seen within a second
const UNASKED_BYTES_PER_MS = 6; // all stills are kept: these come to 11 MB in half an hour
const SAVED_MS = 60_000; // what was not used of that may be used at once

export class StillSender {
  #ring: FrameStill[] = [];
  /** What was shown live: where the sharp still of a frame cannot be had, this is that frame. */
  #shown: (FrameStill | { frame_id: number; captured_at: number; jpeg: null })[] = [];
  readonly #developing = new Set<number>();
  #isSending = false;
  #nextAt = 0;
  #asked: FrameStill[] = [];
  #wantsNext = false;
  /** The next is to show more than the device. */
  #wantsWhole = false;
  #lastSent = -1;
  /** And whether all of the frame was. */
  readonly #shared = new Map<number, boolean>();
  #quality = 0;
  /** Until then unasked stills have used what they may. */
  #usedUntil = -Infinity;

  constructor(
    private readonly stream: string,
    private readonly doors: StillDoors,
  ) {}

  /** Lower where the link is thin or much was sent: a blurred picture now beats a sharp one too late, unless one is asked for. */
  get quality(): number {
    const isMuch = this.#usedUntil > this.doors.now() - SAVED_MS / 4;
    return QUALITIES[this.#wantsNext ? 0 : Math.max(this.#quality, isMuch ? 1 : 0)]!;
  }

  get isDue(): boolean {
    return this.#wantsNext || (!this.#isSending && this.#isTime);
  }

  /** What is made now is to show all of the frame: somebody asked for that. */
  get wantsWhole(): boolean {
    return this.#wantsWhole;
  }

  add(still: FrameStill): void {
    const since = this.doors.now() - RING_MS;
    this.#ring = [...this.#ring.filter((one) => one.captured_at >= since), still];
    if (this.#developing.delete(still.frame_id)) this.#asked.push(still);
    if (this.#wantsNext && !(this.#wantsWhole && still.part)) {
      this.#wantsNext = this.#wantsWhole = false;
      this.#asked.push(still);
    }
    void this.#pump();
  }

  /** A picture as it was shown live. */
  keep(shown: FrameStill): void {
    const since = this.doors.now() - RING_MS;
    this.#shown = [
      ...this.#shown.filter((one) => one.captured_at >= since && one.frame_id !== shown.frame_id),
      shown,
    ];
  }

  /** A frame went out as a picture of the video: its sharp still may be asked for. */
  passed(frame_id: number, captured_at: number): void {
    const since = this.doors.now() - RING_MS;
    if (this.#wasShown(frame_id)) return;
    this.#shown = [
      ...this.#shown.filter((one) => one.captured_at >= since),
      { frame_id, captured_at, jpeg: null },
    ];
  }

  /** The pixels of that frame are gone: what was shown of it is sent, or else the next still. */
  gone(frame_id: number): void {
    if (!this.#developing.delete(frame_id)) return;
    const shown = this.#shown.find((one) => one.frame_id === frame_id);
    if (shown?.jpeg) this.#asked.push(shown);
    else this.#wantsNext = true;
    void this.#pump();
  }

  /**
   * Somebody wants the still of this frame: that one if it is still here, else the next, under its own number.
   * A frame that was shared already is there for all; of one whose part was, no other picture may follow.
   */
  freeze(frame: FrameRef | null, isWhole = false): void {
    const id = frame?.stream === this.stream ? frame.frame_id : null;
    const shared = id === null ? undefined : this.#shared.get(id);
    if (shared !== undefined && (shared || !isWhole)) return;
    const isNew = id !== null && shared === undefined;
    const kept = isNew && this.#ring.find(({ frame_id, part }) => frame_id === id && !(isWhole && part));
    if (kept) this.#asked.push(kept);
    else if (isNew && this.#wasShown(id)) {
      this.#developing.add(id);
      this.doors.develop(id, isWhole);
    } else {
      this.#wantsNext = true;
      this.#wantsWhole ||= isWhole;
    }
    void this.#pump();
  }

  get #isTime(): boolean {
    const now = this.doors.now();
    return now >= this.#nextAt && now >= this.#usedUntil && !this.doors.isOnRequest();
  }

  #wasShown(frame_id: number): boolean {
    return this.#shown.some((one) => one.frame_id === frame_id);
  }

  async #pump(): Promise<void> {
    if (this.#isSending) return;
    const { mayLeave } = this.doors;
    this.#asked = this.#asked.filter(({ mask }) => mayLeave(mask));
    const newest = this.#ring.findLast(({ mask }) => mayLeave(mask));
    const isTime = this.#isTime && newest && newest.frame_id > this.#lastSent;
    const asked = this.#asked.shift();
    if (asked && !asked.part && this.#shared.get(asked.frame_id) === false) {
      this.#wantsNext = this.#wantsWhole = true; // a part of it was on its way when all was asked for
      return this.#pump();
    }
    const still = asked ?? (isTime ? newest : undefined);
    if (!still) return;
    this.#isSending = true;
    const started = this.doors.now();
    let isSent = false;
    try {
      const { sha256 } = await this.doors.upload(still.jpeg, still.mask);
      isSent = true;
      this.#lastSent = Math.max(this.#lastSent, still.frame_id);
      this.doors.share({ ...still, sha256 });
      this.#shared.set(still.frame_id, !still.part);
    } catch {
      // Out of reach or refused: pictures are not queued, the next one is better than an old one.
    }
    const took = this.doors.now() - started;
    if (isSent) this.#learn(still.jpeg.size, took, !asked);
    const pause = isSent ? took / SHARE_OF_LINK : 2 * FASTEST_MS + took;
    const fastest = this.doors.isLive() ? BESIDE_LIVE_MS : FASTEST_MS;
    this.#nextAt = started + Math.min(SLOWEST_MS, Math.max(fastest, pause));
    this.#isSending = false;
    if (this.#asked.length > 0) void this.#pump();
  }

  #learn(bytes: number, took: number, isUnasked: boolean): void {
    const since = this.doors.now() - SAVED_MS;
    if (isUnasked) this.#usedUntil = Math.max(this.#usedUntil, since) + bytes / UNASKED_BYTES_PER_MS;
    if (took > UPLOAD_MS)
      this.#quality = Math.min(QUALITIES.length - 1, this.#quality + (took > 2 * UPLOAD_MS ? 2 : 1));
    else if (took * 2 < UPLOAD_MS) this.#quality = Math.max(0, this.#quality - 1);
  }
}
