/** Records what comes to this desk: the technician's picture, and everybody's voice. The marks are in the log; where each is in a picture is put down beside it. */
import type { ServerMessage, SharedStill } from "@nearhand/contract";
import { isEvent } from "@nearhand/live";
import { isLiveShown } from "../desk/livePictures";
import { frameOf, placeOf } from "../desk/stills";
import { packed, type MediaMark, type Piece } from "./chunks";

const PIECE_MS = 1000;
const DRAW_MS = 66;
const WIDTH = 1280;
const FRAMES_PER_PIECE = 20;
/** Instead of a frame's key. */
const UNKNOWN = "";
const BITS_PER_S = 1_200_000;
const KINDS = ["video/webm;codecs=vp8,opus", "video/webm;codecs=vp8", "video/webm"];

export interface Sources {
  /** The picture on its way to the expert now: live, else the newest still. */
  readonly picture: () => SharedStill | null;
  readonly stillUrl: (still: SharedStill) => string;
  /** A picture as it comes from browser to browser; null: none. */
  readonly video: () => MediaStreamTrack | null;
  readonly sounds: () => readonly MediaStreamTrack[];
}

export class Recorder {
  readonly #canvas = document.createElement("canvas");
  readonly #sound = new AudioContext();
  readonly #mixed = this.#sound.createMediaStreamDestination();
  readonly #voices = new Map<MediaStreamTrack, MediaStreamAudioSourceNode>();
  readonly #video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  readonly #still = new Image();
  readonly #recorder: MediaRecorder;
  readonly #drawing: ReturnType<typeof setInterval>;
  #marks: MediaMark[] = [];
  #frames = 0;
  /** None yet of this piece: each tells anew. */
  #lastFrame: string | null = null;
  #k = 0;
  #from_ms = 0;
  #recorded_ms = 0;
  #since: number | null = null;
  #seq = 0;

  constructor(
    private readonly ids: { sessionId: string; recordingId: string; seq: number },
    private readonly sources: Sources,
    private readonly keep: (piece: Piece) => void,
  ) {
    const picture = sources.picture();
    const { width, height } = picture ? frameOf(picture) : { width: 16, height: 9 };
    Object.assign(this.#canvas, { width: WIDTH, height: 2 * Math.round((WIDTH * height) / width / 2) });
    this.#draw();
    const stream = this.#canvas.captureStream();
    stream.addTrack(this.#mixed.stream.getAudioTracks()[0]!);
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind)) ?? "";
    this.#recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS_PER_S });
    // One after the other: a piece's number is its place.
    let before = Promise.resolve();
    this.#recorder.addEventListener("dataavailable", ({ data }) => {
      const [marks, from_ms] = [this.#marks, this.#from_ms];
      this.#marks = [];
      this.#frames = 0;
      this.#lastFrame = null;
      this.#from_ms = this.#at_ms;
      before = before.then(() => this.#piece(data, marks, from_ms));
    });
    this.#drawing = setInterval(() => this.#draw(), DRAW_MS);
    this.#recorder.start(PIECE_MS);
    this.#seq = ids.seq;
    this.#begin();
  }

  /** Somebody has not agreed: nothing more, until `resume`. */
  pause(): void {
    if (this.#since === null) return;
    this.#recorded_ms = this.#at_ms;
    this.#since = null;
    this.#recorder.pause();
  }

  resume(): void {
    if (this.#since !== null || this.#recorder.state !== "paused") return;
    this.#recorder.resume();
    this.#begin();
  }

  /** An event came: from it the replay knows which moment of the log this is. */
  hear(message: ServerMessage): void {
    if (!isEvent(message)) return;
    this.#seq = message.seq;
    if (this.#since !== null) this.#put({ seq: message.seq });
  }

  #begin(): void {
    this.#since = performance.now();
    this.#put({ seq: this.#seq });
  }

  stop(): void {
    clearInterval(this.#drawing);
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
    for (const track of this.#recorder.stream.getTracks()) track.stop();
    this.#video.srcObject = null;
    void this.#sound.close();
  }

  get #at_ms(): number {
    return Math.round(this.#recorded_ms + (this.#since === null ? 0 : performance.now() - this.#since));
  }

  #put(mark: Omit<MediaMark, "at_ms">): void {
    this.#marks.push({ at_ms: this.#at_ms, ...mark });
  }

  async #piece(data: Blob, marks: readonly MediaMark[], from_ms: number): Promise<void> {
    if (data.size === 0) return;
    const body = packed(from_ms, marks, await data.arrayBuffer());
    const { sessionId, recordingId } = this.ids;
    this.keep({ sessionId, recordingId, k: this.#k++, body });
  }

  #draw(): void {
    this.#listen();
    const track = this.sources.video();
    const shown = this.sources.picture();
    if (track && shown && !isLiveShown(shown)) return this.#drawVideo(track);
    if (!shown) return;
    if (isLiveShown(shown)) this.#paint(shown.bitmap, shown.width, shown.height);
    else {
      const url = this.sources.stillUrl(shown);
      if (!this.#still.src.endsWith(url)) this.#still.src = url;
      if (!this.#still.complete || this.#still.naturalWidth === 0) return;
      const { width, height } = frameOf(shown);
      this.#paint(this.#still, width, height, placeOf(shown));
    }
    const { stream, frame_id } = shown.frame;
    const sighting = shown.sighting ? { sighting: shown.sighting } : {};
    this.#shown(`${stream}/${frame_id}`, { stream, frame_id, ...sighting });
  }

  /** Put down which frame this is, once; of more than a piece may tell of, that they are unknown. */
  #shown(key: string, frame: Omit<MediaMark, "at_ms">): void {
    const isBeyond = this.#frames >= FRAMES_PER_PIECE;
    const now = isBeyond ? UNKNOWN : key;
    if (this.#since === null || now === this.#lastFrame) return;
    this.#lastFrame = now;
    this.#frames++;
    this.#put(now === UNKNOWN ? {} : frame);
  }

  #drawVideo(track: MediaStreamTrack): void {
    const [now] = (this.#video.srcObject as MediaStream | null)?.getTracks() ?? [];
    if (now !== track) {
      this.#video.srcObject = new MediaStream([track]);
      void this.#video.play().catch(() => undefined); // without sound it may always play
    }
    const { videoWidth, videoHeight } = this.#video;
    if (videoWidth > 0) this.#paint(this.#video, videoWidth, videoHeight);
    this.#shown(UNKNOWN, {});
  }

  /** As large as it goes, all of it, a part where it lies: a recording keeps its size, whatever the camera does. */
  #paint(
    picture: CanvasImageSource,
    width: number,
    height: number,
    part = { x: 0, y: 0, width, height },
  ): void {
    const context = this.#canvas.getContext("2d", { alpha: false })!;
    const scale = Math.min(this.#canvas.width / width, this.#canvas.height / height);
    const [w, h] = [width * scale, height * scale];
    const [x, y] = [(this.#canvas.width - w) / 2, (this.#canvas.height - h) / 2];
    if (part.width * scale < this.#canvas.width || part.height * scale < this.#canvas.height)
      context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const [left, top] = [x + part.x * scale, y + part.y * scale];
    context.drawImage(picture, left, top, part.width * scale, part.height * scale);
  }

  /** Voices come and go. */
  #listen(): void {
    const now = new Set(this.sources.sounds());
    for (const [track, node] of this.#voices) {
      if (now.has(track)) continue;
      node.disconnect();
      this.#voices.delete(track);
    }
    for (const track of now) {
      if (this.#voices.has(track)) continue;
      const node = this.#sound.createMediaStreamSource(new MediaStream([track]));
      node.connect(this.#mixed);
      this.#voices.set(track, node);
    }
  }
}
