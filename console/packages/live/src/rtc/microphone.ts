/** This page's microphone: opened when somebody first wants to speak, silent unless they do. */

/** `off`: not asked for yet. The others say why it cannot be used. */
export type MicrophoneState = "off" | "asking" | "ready" | "denied" | "missing" | "taken" | "insecure";

const SOUND: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
};

export class Microphone {
  state: MicrophoneState = "off";
  track: MediaStreamTrack | null = null;
  #wants = false;
  #meter: { context: AudioContext; node: AnalyserNode; samples: Float32Array<ArrayBuffer> } | null = null;
  #isClosed = false;

  constructor(private readonly onChange: () => void) {}

  /** Whether what is said here leaves. */
  get isTalking(): boolean {
    return this.track?.enabled === true;
  }

  talk(wants: boolean): void {
    this.#wants = wants;
    if (this.track) this.track.enabled = wants;
    else if (wants && this.state !== "asking") void this.#open();
    this.onChange();
  }

  /** How loud it is here while talking, 0 to 1. */
  get level(): number {
    if (!this.#meter || !this.isTalking) return 0;
    const { node, samples } = this.#meter;
    node.getFloatTimeDomainData(samples);
    return Math.min(1, Math.max(...samples.map(Math.abs)));
  }

  close(): void {
    this.#isClosed = true;
    this.#release();
  }

  async #open(): Promise<void> {
    this.state = "asking";
    try {
      if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "SecurityError");
      const stream = await navigator.mediaDevices.getUserMedia({ audio: SOUND });
      if (this.#isClosed) return stream.getTracks().forEach((track) => track.stop());
      const track = (this.track = stream.getAudioTracks()[0] ?? null);
      if (!track) throw new DOMException("", "NotFoundError");
      track.enabled = this.#wants; // the key may have been let go while the browser asked
      track.addEventListener("ended", () => this.#lost());
      this.#meter = meter(stream);
      this.state = "ready";
    } catch (error) {
      this.#wants = false;
      this.state = reason(error);
    }
    this.onChange();
  }

  /** Pulled out, or taken by another app: wanted again, it is asked for again. */
  #lost(): void {
    this.#release();
    this.state = "taken";
    this.onChange();
  }

  #release(): void {
    this.track?.stop();
    this.track = null;
    this.#wants = false;
    void this.#meter?.context.close();
    this.#meter = null;
  }
}

function meter(stream: MediaStream) {
  const context = new AudioContext();
  const node = context.createAnalyser();
  node.fftSize = 512;
  context.createMediaStreamSource(stream).connect(node);
  return { context, node, samples: new Float32Array(node.fftSize) };
}

function reason(error: unknown): MicrophoneState {
  switch (error instanceof DOMException ? error.name : "") {
    case "SecurityError":
      return "insecure";
    case "NotAllowedError":
      return "denied";
    case "NotReadableError":
    case "AbortError":
      return "taken";
    default:
      return "missing";
  }
}
