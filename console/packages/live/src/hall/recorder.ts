/** Record a voice note: sound alone, a minute at most. */

export const MAX_NOTE_MS = 60_000;
const BITS_PER_S = 24_000; // Opus keeps words clear with this; a minute is 180 kB
const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];

export interface Recording {
  readonly blob: Blob;
  readonly durationMs: number;
}

export type RecorderState = "idle" | "asking" | "recording" | "denied" | "missing";

/** What this browser can write that the service takes; null: nothing. */
export function recordingType(): string | null {
  if (typeof MediaRecorder === "undefined" || !navigator.mediaDevices?.getUserMedia) return null;
  return TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? null;
}

export class VoiceRecorder {
  state: RecorderState = "idle";
  #recorder: MediaRecorder | null = null;
  #wanted = 0;
  #startedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onDone`: with what was recorded; null: nothing was. */
  constructor(
    private readonly onChange: () => void,
    private readonly onDone: (recording: Recording | null) => void,
  ) {}

  get elapsedMs(): number {
    return this.state === "recording" ? performance.now() - this.#startedAt : 0;
  }

  async start(): Promise<void> {
    const type = recordingType();
    if (this.state === "asking" || this.state === "recording") return;
    if (!type) return this.#set("missing");
    const wanted = ++this.#wanted;
    this.#set("asking");
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
      });
    } catch (error) {
      const isDenied = error instanceof DOMException && error.name === "NotAllowedError";
      return this.#set(isDenied ? "denied" : "missing");
    }
    // Let go while the browser asked: nothing is recorded.
    if (wanted !== this.#wanted) return release(stream);
    this.#record(stream, type);
  }

  /** Let go: what was said until now is done. */
  stop(): void {
    this.#wanted++;
    if (this.state === "asking") this.#set("idle");
    if (this.#recorder?.state === "recording") this.#recorder.stop();
  }

  #record(stream: MediaStream, type: string): void {
    const recorder = (this.#recorder = new MediaRecorder(stream, {
      mimeType: type,
      audioBitsPerSecond: BITS_PER_S,
    }));
    const pieces: Blob[] = [];
    let durationMs = 0;
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    const end = () => {
      clearTimeout(this.#timer);
      release(stream);
      this.#recorder = null;
      durationMs = Math.min(MAX_NOTE_MS, Math.round(performance.now() - this.#startedAt));
      this.#set("idle");
      const blob = new Blob(pieces, { type: type.split(";")[0]! });
      this.onDone(blob.size > 0 && durationMs > 0 ? { blob, durationMs } : null);
    };
    recorder.onstop = end;
    recorder.onerror = () => recorder.state === "recording" && recorder.stop();
    recorder.start();
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => this.stop(), MAX_NOTE_MS);
    this.#set("recording");
  }

  #set(state: RecorderState): void {
    this.state = state;
    this.onChange();
  }
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
