/** The worker's end of the video track. */
import { Film } from "./film";
import type { FilmDoor, FromWorker } from "./messages";
import type { Veil } from "./outgoing";
import type { Pixels } from "./pixels";

export class FilmOut {
  readonly #film: Film;
  readonly #writer: WritableStreamDefaultWriter<VideoFrame> | undefined;
  #last_us = 0;

  constructor(
    { stream, door }: FilmDoor,
    private readonly say: (message: FromWorker, hand?: Transferable[]) => void,
  ) {
    this.#film = new Film(stream);
    this.#writer = door?.getWriter();
  }

  /** What cannot be taken now is left out: the next is newer. */
  show(pixels: Pixels, veilFor: (reduction: number) => Veil, frame_id: number, longest: number): void {
    if (this.#writer && (this.#writer.desiredSize ?? 0) <= 0) return;
    const drawn = this.#film.draw(pixels, veilFor, frame_id, longest);
    if (!this.#writer) {
      const bitmap = drawn.transferToImageBitmap();
      return this.say({ type: "filmed", picture: bitmap }, [bitmap]);
    }
    this.#last_us = Math.max(this.#last_us + 1, Math.round(performance.now() * 1000));
    const frame = new VideoFrame(drawn, { timestamp: this.#last_us });
    this.#writer.write(frame).catch(() => frame.close()); // the track was ended
  }
}
