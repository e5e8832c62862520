/** The live pictures of a session at the desk: the newest of one camera, shown once its sighting is known. */
import type { FrameRef, FrameSighted, SharedStill, Sighting } from "@nearhand/contract";
import { type CamePicture, PictureWatcher } from "@nearhand/live";
import { computed, signal, type ReadonlySignal } from "@preact/signals";

/** A picture that passes by: as a still that nobody has shared yet, and so without a hash and a place in the log. */
export interface LiveShown extends SharedStill {
  readonly bitmap: ImageBitmap;
}

/** What the expert is told of how pictures come. */
export interface Flow {
  readonly kbitPerS: number;
  readonly delayMs: number;
}

const RING_MS = 10_000;
const SIGHT_WITHIN_MS = 80; // it goes before its picture, over the other line
const FRESH_MS = 3000;
const FLOW_EVERY_MS = 1000;

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
  readonly #wasLive = signal(false);
  readonly #isOpen = signal(false);
  readonly #sights = new Map<string, { at: number; sighting: Sighting | null }>();
  readonly #waiting = new Map<string, () => void>();
  #watcher: PictureWatcher | null = null;
  #bytes = 0;
  #delayMs = 0;
  #cameAt = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  /** `followed`: whose pictures are wanted; `isHeld`: whether the desk still needs this one. */
  constructor(
    private readonly sessionId: string,
    private readonly followed: () => string | null,
    private readonly isHeld: (picture: LiveShown) => boolean,
  ) {
    this.isCut = computed(
      () => !this.isOff.value && this.#wasLive.value && !this.#isOpen.value && this.picture.value === null,
    );
    this.#timer = setInterval(() => this.#tick(), FLOW_EVERY_MS);
    document.addEventListener("visibilitychange", this.#watchIfWanted);
    this.#watchIfWanted();
  }

  sightOf(frame: FrameRef): Sighting | null {
    return this.#sights.get(keyOf(frame))?.sighting ?? null;
  }

  /** A frame was sighted: what is drawn on its picture will be fixed by that. */
  sighted({ frame, sighting }: FrameSighted): void {
    const now = Date.now();
    for (const [key, { at }] of this.#sights) {
      if (now - at <= RING_MS) break;
      this.#sights.delete(key);
    }
    this.#sights.set(keyOf(frame), { at: now, sighting: sighting ?? null });
    this.#waiting.get(keyOf(frame))?.();
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
    clearInterval(this.#timer);
    document.removeEventListener("visibilitychange", this.#watchIfWanted);
    this.#stop();
  }

  /** Pictures nobody looks at are not asked for: then the phone sends none. */
  readonly #watchIfWanted = (): void => {
    const isWanted = !this.isOff.peek() && !document.hidden;
    if (!isWanted) return this.#stop();
    this.#watcher ??= new PictureWatcher({
      sessionId: this.sessionId,
      onPicture: (came) => this.#came(came),
      onChange: () => (this.#isOpen.value = this.#watcher?.isOpen ?? false),
    });
    this.#watcher.open();
  };

  #stop(): void {
    this.#watcher?.close();
    this.#watcher = null;
    this.#isOpen.value = this.#wasLive.value = false;
    this.#bytes = 0;
    this.#show(null);
  }

  async #came({ head, stream, by, jpeg, ageMs }: CamePicture): Promise<void> {
    const now = this.picture.peek();
    const followed = this.followed();
    // Of two cameras that nobody has chosen from, the one on screen stays: they must not flicker.
    if (by !== (followed ?? now?.by ?? by)) return;
    const frame: FrameRef = { stream, frame_id: head.frame_id, how: "ring" };
    const bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
    await this.#sighting(frame);
    if (!this.#watcher) return bitmap.close();
    const at = new Date().toISOString();
    const captured_at = new Date(head.captured_at).toISOString();
    const { width, height, mask } = head;
    this.#cameAt = Date.now();
    this.#delayMs = ageMs();
    this.#wasLive.value = true;
    const sighting = this.sightOf(frame);
    this.#show({ frame, width, height, sighting, by, at, captured_at, sha256: "", seq: 0, bitmap, mask });
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
    this.flow.value = this.picture.peek() ? { kbitPerS, delayMs: Math.round(this.#delayMs) } : null;
  }
}
