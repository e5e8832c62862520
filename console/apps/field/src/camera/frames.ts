/** Number the camera's frames and have each read; one at a time, so that the newest is never behind a queue. */
import { signal } from "@preact/signals";
import type {
  Develop,
  FilmDoor,
  FrameRead,
  FromWorker,
  HeldLayout,
  PictureTaken,
  PictureWanted,
  ReadFrame,
  SightedLate,
  StillTaken,
  StillWanted,
} from "./messages";
import type { FilmTrack } from "./filmTrack";
import type { MaskWanted } from "./outgoing";
import { listenToMotion, turns } from "./motion";
import { cameraKeyFor, intrinsicsFor, keepLearnt } from "./source";

/** Names this page's camera stream; frame ids count in it. */
export const STREAM = `cam-${Math.random().toString(36).slice(2, 10)}`;
/** The newest frame that was read. */
export const newestFrame = signal<FrameRead | null>(null);
/** This browser cannot read pictures (too old): devices are found by tag. */
export const cannotRead = signal(false);

const MIN_GAP_MS = 25; // all of a camera's 30 in a second, half of one that gives 60
const CAMERA_LAG_MS = 40; // between the light and the frame, where the browser does not say when it was taken
const STUCK_MS = 4000;

/** What to look for, and how often a still is wanted; asked anew for each frame. */
export interface Wanted {
  layout: HeldLayout | null;
  deviceId: string | null;
  still: StillWanted | null;
  picture: PictureWanted | null;
  film: { longest: number } | null;
  mask: MaskWanted | null;
}

/** Who is told what the worker found and made. */
export interface Listeners {
  read: (frame: FrameRead) => void;
  still: (still: StillTaken) => void;
  picture: (picture: PictureTaken) => void;
  /** That frame's pixels are not there any more. */
  gone: (frame_id: number) => void;
}

export class FrameLoop {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  #video: HTMLVideoElement | null = null;
  #frameId = 0;
  #busySince = 0;
  #last = 0;
  #lastTaken = 0;
  #isRunning = false;
  readonly #reasons = new Set<string>();
  #film: FilmTrack | null = null;

  constructor(
    private readonly wanted: () => Wanted,
    private readonly tell: Listeners,
  ) {
    this.#worker.onerror = () => (cannotRead.value = true);
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#heard(data);
  }

  /** What is due as a picture of the video is shown by this from now on. */
  filmWith(film: FilmTrack): void {
    this.#film = film;
    const { door } = film;
    const message: FilmDoor = { type: "film", stream: STREAM, door };
    this.#worker.postMessage(message, door ? [door] : []);
  }

  start(video: HTMLVideoElement): void {
    this.#video = video;
    if (this.#isRunning) return;
    this.#isRunning = true;
    listenToMotion();
    this.#next();
  }

  /** Follow the face from an earlier frame in which it was found since. */
  follow(found: SightedLate): void {
    this.#worker.postMessage(found);
  }

  /** Make the sharp still of an earlier frame. */
  develop(frame_id: number, mask: MaskWanted, isWhole: boolean): void {
    const ask: Develop = { type: "develop", frame_id, mask, isWhole };
    this.#worker.postMessage(ask);
  }

  stop(): void {
    this.#isRunning = false;
    newestFrame.value = null;
  }

  #next(): void {
    const video = this.#video;
    if (!this.#isRunning || !video) return;
    const grab = (taken?: number) => void this.#grab(taken).finally(() => this.#next());
    if (document.hidden) setTimeout(() => grab(), 500);
    else if ("requestVideoFrameCallback" in video)
      video.requestVideoFrameCallback((_, { captureTime }) => grab(captureTime));
    else requestAnimationFrame(() => grab());
  }

  /** `taken`: when the camera took what the video shows, on the page's clock. */
  async #grab(taken?: number): Promise<void> {
    const video = this.#video!;
    const now = performance.now();
    const isBusy = this.#busySince > 0 && now - this.#busySince < STUCK_MS;
    if (isBusy || now - this.#last < MIN_GAP_MS || video.videoWidth === 0 || !this.#isRunning) return;
    this.#busySince = this.#last = now;
    const captured_at = Date.now();
    const bitmap = await createImageBitmap(video).catch(() => null);
    if (!bitmap) return void (this.#busySince = 0);
    const taken_ms = taken ?? now - CAMERA_LAG_MS;
    const turn = turns.between(this.#lastTaken, taken_ms);
    this.#lastTaken = taken_ms;

    const message: ReadFrame = {
      type: "frame",
      frame_id: ++this.#frameId,
      captured_at,
      bitmap,
      camera: intrinsicsFor(bitmap.width, bitmap.height),
      cameraKey: cameraKeyFor(bitmap.width, bitmap.height),
      turn,
      ...this.wanted(),
    };
    this.#worker.postMessage(message, [bitmap]);
  }

  #heard(message: FromWorker): void {
    if (message.type === "still") return this.tell.still(message);
    if (message.type === "picture") return this.tell.picture(message);
    if (message.type === "filmed") return this.#film?.show(message.picture);
    if (message.type === "gone") return this.tell.gone(message.frame_id);
    if (message.type === "calibrated") return keepLearnt(message.cameraKey, message.camera, message.views);
    this.#busySince = 0;
    if (message.type === "failed") return this.#failed(message.message);
    newestFrame.value = message;
    this.tell.read(message);
  }

  /** Said once per reason: a camera fails thirty times a second. */
  #failed(reason: string): void {
    if (this.#reasons.has(reason)) return;
    this.#reasons.add(reason);
    console.warn("frame not read:", reason);
  }
}
