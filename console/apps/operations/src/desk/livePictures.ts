/** The live pictures of a session at the desk: the newest of one camera, shown once its sighting is known. */
import type { FrameRef, FrameSighted, PictureMask, SharedStill, Sighting } from "@nearhand/contract";
import { type CamePicture, PictureWatcher } from "@nearhand/live";
import { type CameraTrack, PeerPictures } from "./peerPictures";
import { computed, signal, type ReadonlySignal } from "@preact/signals";

/** Directly, as video; or over the line of pictures. */
export type Way = "direct" | "line";

/** A picture that passes by: as a still that nobody has shared yet, and so without a hash and a place in the log. */
export interface LiveShown extends SharedStill {
  readonly bitmap: ImageBitmap;
  /** By which way it came. */
  readonly way: Way;
}

/** What the expert is told of how pictures come. */
export interface Flow {
  readonly kbitPerS: number;
  readonly delayMs: number | null;
}

const RING_MS = 10_000;
const SIGHT_WITHIN_MS = 80; // it goes before its picture, over the other line
const FRESH_MS = 3000;
const FLOW_EVERY_MS = 1000;
const LOOK_EVERY_MS = 200;

const keyOf = (frame: FrameRef) => `${frame.stream}/${frame.frame_id}`;

export function isLiveShown(shown: SharedStill | null): shown is LiveShown {
  return shown !== null && "bitmap" in shown;
}

export class LivePictures {
  /** The newest, while pictures come. */
  readonly picture = signal<LiveShown | null>(null);
  readonly flow = signal<Flow | null>(null);
  /** By choice: stills only. */
  readonly isOff = signal(false);
  /** Pictures came, and then stopped without anybody having wanted that. */
  readonly isCut: ReadonlySignal<boolean>;
  /** Somebody looks: nobody need make what nobody sees. */
  readonly isWanted = signal(true);
  readonly #wasLive = signal(false);
  readonly #isOpen = signal(false);
  readonly #sights = new Map<string, { at: number; sighting: Sighting | null }>();
  readonly #waiting = new Map<string, () => void>();
  readonly #peers = new PeerPictures((...came) => this.#cameDirect(...came));
  #tracks: readonly CameraTrack[] = [];
  #watcher: PictureWatcher | null = null;
  #bytes = 0;
  #delayMs: number | null = 0;
  #cameAt = 0;
  readonly #timers: ReturnType<typeof setInterval>[];

  /** `followed`: whose pictures are wanted; `isHeld`: whether the desk still needs this one. */
  constructor(
    private readonly sessionId: string,
    private readonly followed: () => string | null,
    private readonly isHeld: (picture: LiveShown) => boolean,
  ) {
    this.isCut = computed(
      () => !this.isOff.value && this.#wasLive.value && !this.#isOpen.value && this.picture.value === null,
    );
    this.#timers = [
      setInterval(() => this.#tick(), FLOW_EVERY_MS),
      setInterval(() => this.#chooseWay(), LOOK_EVERY_MS),
    ];
    document.addEventListener("visibilitychange", this.#watchIfWanted);
    this.#watchIfWanted();
  }

  sightOf(frame: FrameRef): Sighting | null {
    return this.#sights.get(keyOf(frame))?.sighting ?? null;
  }

  /** A frame was sighted: what is drawn on its picture will be fixed by that. */
  sighted(told: FrameSighted): void {
    const { frame, sighting } = told;
    this.#peers.sighted(told);
    const now = Date.now();
    for (const [key, { at }] of this.#sights) {
      if (now - at <= RING_MS) break;
      this.#sights.delete(key);
    }
    this.#sights.set(keyOf(frame), { at: now, sighting: sighting ?? null });
    this.#waiting.get(keyOf(frame))?.();
  }

  /** The video that comes, of whom. */
  tracks(tracks: readonly CameraTrack[]): void {
    this.#tracks = tracks;
    this.#chooseWay();
  }

  toggle(): void {
    this.isOff.value = !this.isOff.value;
    this.#watchIfWanted();
  }

  /** The session's own line is back: whatever had ended this one may be over. */
  again(): void {
    this.#watcher?.open();
  }

  close(): void {
    this.#timers.forEach(clearInterval);
    document.removeEventListener("visibilitychange", this.#watchIfWanted);
    this.#stop();
  }

  /** Pictures nobody looks at are not asked for: then the phone sends none. */
  readonly #watchIfWanted = (): void => {
    this.isWanted.value = !this.isOff.peek() && !document.hidden;
    if (!this.isWanted.peek()) return this.#stop();
    this.#watcher ??= new PictureWatcher({
      sessionId: this.sessionId,
      onPicture: (came) => this.#came(came),
      onChange: () => (this.#isOpen.value = this.#watcher?.isOpen ?? false),
    });
    this.#watcher.open();
  };

  /** Directly while that flows: then the line is not needed, and is again as soon as it does not. */
  #chooseWay(): void {
    const wanted = this.followed() ?? this.picture.peek()?.by;
    const track = wanted === undefined ? this.#tracks[0] : this.#tracks.find(({ by }) => by === wanted);
    this.#peers.open(this.#watcher && track ? track : null);
    this.#watcher?.need(!this.#peers.isFlowing);
  }

  #stop(): void {
    this.#peers.close();
    this.#watcher?.close();
    this.#watcher = null;
    this.#isOpen.value = this.#wasLive.value = false;
    this.#bytes = 0;
    this.#show(null);
  }

  async #came({ head, stream, by, picture, ageMs }: CamePicture): Promise<void> {
    const now = this.picture.peek();
    const followed = this.followed();
    // Of two cameras that nobody has chosen from, the one on screen stays: they must not flicker.
    if (by !== (followed ?? now?.by ?? by) || this.#peers.isFlowing) return;
    const frame: FrameRef = { stream, frame_id: head.frame_id, how: "ring" };
    const bitmap = await createImageBitmap(picture);
    await this.#sighting(frame);
    this.#take({ frame, by, bitmap, way: "line", mask: head.mask }, new Date(head.captured_at), ageMs());
  }

  async #cameDirect(frame: FrameRef, by: string, bitmap: ImageBitmap, mask: PictureMask): Promise<void> {
    await this.#sighting(frame);
    this.#take({ frame, by, bitmap, way: "direct", mask }, new Date(), null);
  }

  #take(
    came: Pick<LiveShown, "frame" | "by" | "bitmap" | "way" | "mask">,
    captured: Date,
    delayMs: number | null,
  ): void {
    const { bitmap, frame } = came;
    const before = this.picture.peek()?.frame;
    // Two ways overlap while one takes over: what is shown never goes back.
    const isOld = before?.stream === frame.stream && frame.frame_id < before.frame_id;
    if (!this.#watcher || isOld) return bitmap.close();
    const [at, captured_at] = [new Date().toISOString(), captured.toISOString()];
    const { width, height } = bitmap;
    this.#cameAt = Date.now();
    this.#delayMs = delayMs;
    this.#wasLive.value = true;
    const sighting = this.sightOf(frame);
    this.#show({ ...came, width, height, sighting, at, captured_at, sha256: "", seq: 0 });
  }

  #sighting(frame: FrameRef): Promise<void> | undefined {
    const key = keyOf(frame);
    if (this.#sights.has(key)) return undefined;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(key);
        resolve();
      };
      const timer = setTimeout(done, SIGHT_WITHIN_MS);
      this.#waiting.set(key, done);
    });
  }

  #show(picture: LiveShown | null): void {
    const before = this.picture.peek();
    this.picture.value = picture;
    if (before && !this.isHeld(before)) before.bitmap.close();
  }

  #tick(): void {
    const bytes = this.#watcher?.bytes ?? 0;
    const kbitPerS = Math.round(((bytes - this.#bytes) * 8) / FLOW_EVERY_MS);
    this.#bytes = bytes;
    if (this.picture.peek() && Date.now() - this.#cameAt > FRESH_MS) this.#show(null);
    this.flow.value = this.picture.peek()
      ? { kbitPerS, delayMs: this.#delayMs === null ? null : Math.round(this.#delayMs) }
      : null;
  }
}
