/** The pictures of a video track, one by one, each with what its own pixels say which frame it is. */
import { readStrip, STRIP_BLOCKS, STRIP_PARTS, type StripMark } from "@nearhand/live/strip";

export interface TrackPicture {
  /** Without the strip. */
  readonly bitmap: ImageBitmap;
  /** Null: the strip is not there, or damaged. */
  readonly mark: StripMark | null;
}

type Frame = VideoFrame | ImageBitmap;
interface Processor {
  readonly readable: ReadableStream<VideoFrame>;
}
declare const MediaStreamTrackProcessor: undefined | (new (init: { track: MediaStreamTrack }) => Processor);

/** So many points of each block are looked at, along and across. */
const POINTS = 3;

export class TrackFrames {
  readonly #context = new OffscreenCanvas(STRIP_BLOCKS * POINTS, POINTS).getContext("2d", {
    alpha: false,
    willReadFrequently: true,
  })!;
  readonly #stop: () => void;
  #isBusy = false;
  #isClosed = false;

  /** The next picture is taken when `onPicture` is done with the last; what comes meanwhile is left out. */
  constructor(
    track: MediaStreamTrack,
    private readonly onPicture: (picture: TrackPicture) => Promise<void>,
  ) {
    this.#stop = typeof MediaStreamTrackProcessor === "undefined" ? this.#watch(track) : this.#read(track);
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  #read(track: MediaStreamTrack): () => void {
    const mine = track.clone(); // to be stopped without stopping theirs
    const reader = new MediaStreamTrackProcessor!({ track: mine }).readable.getReader();
    const go = async (): Promise<void> => {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        if (this.#isBusy || this.#isClosed) value.close();
        else void this.#took(value);
      }
    };
    go().catch(() => undefined); // stopped
    return () => mine.stop();
  }

  /** Where frames cannot be had as such, what the video shows is copied, and everything is read from that copy. */
  #watch(track: MediaStreamTrack): () => void {
    const video = document.createElement("video");
    Object.assign(video, { muted: true, playsInline: true, srcObject: new MediaStream([track]) });
    void video.play().catch(() => undefined); // without sound it may always play
    const look = (): void => {
      if (this.#isClosed) return;
      if (!this.#isBusy && video.videoWidth > 0)
        void createImageBitmap(video)
          .then((copy) => this.#took(copy))
          .catch(() => undefined);
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    return () => (video.srcObject = null);
  }

  async #took(frame: Frame): Promise<void> {
    this.#isBusy = true;
    try {
      const [width, total] =
        "displayWidth" in frame ? [frame.displayWidth, frame.displayHeight] : [frame.width, frame.height];
      const height = Math.round((total * (STRIP_PARTS - 1)) / STRIP_PARTS);
      const mark = this.#markOf(frame, width, height, total - height);
      const bitmap = await createImageBitmap(frame, 0, 0, width, height);
      frame.close();
      if (this.#isClosed) bitmap.close();
      else await this.onPicture({ bitmap, mark });
    } catch {
      frame.close(); // one that cannot be shown is followed by another
    } finally {
      this.#isBusy = false;
    }
  }

  #markOf(frame: Frame, width: number, top: number, high: number): StripMark | null {
    const columns = STRIP_BLOCKS * POINTS;
    this.#context.imageSmoothingEnabled = false; // each point is one pixel of it
    this.#context.drawImage(frame, 0, top, width, high, 0, 0, columns, POINTS);
    const { data } = this.#context.getImageData(0, 0, columns, POINTS);
    const brightness = Array.from({ length: STRIP_BLOCKS }, (_, block) => {
      let sum = 0;
      for (let y = 0; y < POINTS; y++)
        for (let x = 0; x < POINTS; x++) sum += data[(y * columns + block * POINTS + x) * 4 + 1]!;
      return sum / POINTS ** 2;
    });
    return readStrip(brightness);
  }
}
