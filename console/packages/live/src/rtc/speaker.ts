/** What is heard of one other client. */

export class Speaker {
  readonly #audio = new Audio();
  #sound: MediaStreamTrack | null = null;

  /** `onBlocked`: the browser plays no sound before somebody touches the page. */
  constructor(private readonly onBlocked: () => void) {}

  hear(sound: MediaStreamTrack | null): void {
    if (!sound || sound === this.#sound) return;
    this.#sound = sound;
    this.#audio.srcObject = new MediaStream([sound]);
    this.play();
  }

  play(): void {
    this.#audio.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.onBlocked();
    });
  }

  close(): void {
    this.#sound = null;
    this.#audio.srcObject = null;
  }
}
