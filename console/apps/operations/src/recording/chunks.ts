/** Pieces of a recording on their way to the service: kept in this browser until each is acknowledged. */
import { Refusal, type Sighting } from "@nearhand/contract";
import { Value } from "@nearhand/live";

/** An event that was heard, or a frame that was shown, and where a device was in it; else an unknown frame. */
export interface MediaMark {
  readonly at_ms: number;
  readonly seq?: number;
  readonly stream?: string;
  readonly frame_id?: number;
  readonly sighting?: Sighting;
}

export interface Piece {
  readonly sessionId: string;
  readonly recordingId: string;
  readonly k: number;
  /** A line of JSON, and behind it the WebM. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Where pieces wait; the real one is in IndexedDB, so that a closed page loses none. */
export interface PieceShelf {
  all(): Promise<readonly Piece[]>;
  put(piece: Piece): Promise<void>;
  remove(piece: Piece): Promise<void>;
}

export interface Sending {
  readonly waiting: number;
  /** Pieces the service will never take: they are gaps of the recording. */
  readonly lost: number;
  /** Why they wait; null: they are on their way. */
  readonly problem: string | null;
}

const PAUSES_MS = [1000, 2000, 5000, 10_000, 30_000];
/** Refused for now: the same may be taken later. */
const FOR_NOW = new Set([408, 425, 429, 503, 507]);
/** What the service takes before the WebM. */
const HEAD_BYTES = 32 * 1024;
const MARKS = 200;
/** A tenth of a micrometre, or of a thousandth of a degree. */
const DIGITS = 7;

export function packed(
  from_ms: number,
  all: readonly MediaMark[],
  webm: ArrayBuffer,
): Uint8Array<ArrayBuffer> {
  const marks = all.slice(0, MARKS);
  const whole = headOf(from_ms, marks);
  // A piece that was late has more pictures than fit: they bear no marks in the video, and the rest is there.
  const head =
    whole.byteLength <= HEAD_BYTES
      ? whole
      : headOf(from_ms, marks.map(({ sighting: _, ...mark }) => mark)); // prettier-ignore
  const body = new Uint8Array(head.byteLength + webm.byteLength);
  body.set(head);
  body.set(new Uint8Array(webm), head.byteLength);
  return body;
}

function headOf(from_ms: number, marks: readonly MediaMark[]): Uint8Array {
  const short = (_: string, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;
  return new TextEncoder().encode(`${JSON.stringify({ from_ms, marks }, short)}\n`);
}

export class PieceSender {
  readonly state = new Value<Sending>({ waiting: 0, lost: 0, problem: null });
  readonly #queue: Piece[] = [];
  #running: Promise<void> | null = null;
  #isStopped = false;

  constructor(
    private readonly shelf: PieceShelf,
    private readonly send: (piece: Piece) => Promise<unknown>,
    private readonly pause: (ms: number) => Promise<void> = (ms) => new Promise((go) => setTimeout(go, ms)),
  ) {}

  /** Keep and send. Where this browser cannot keep it, it is sent all the same. */
  async add(piece: Piece): Promise<void> {
    await this.shelf.put(piece).catch(() => undefined);
    this.#queue.push(piece);
    this.#say({});
    void this.#run();
  }

  /** What earlier pages left. */
  async resume(): Promise<void> {
    await this.#running; // what is being sent is not left
    const left = await this.shelf.all().catch(() => []);
    const known = new Set(this.#queue.map(keyOf));
    this.#queue.push(...left.filter((piece) => !known.has(keyOf(piece))));
    this.#say({});
    await this.#run();
  }

  /** Nothing goes out any more; what waits stays kept. */
  stop(): void {
    this.#isStopped = true;
  }

  #run(): Promise<void> {
    this.#running ??= this.#drain().finally(() => (this.#running = null));
    return this.#running;
  }

  async #drain(): Promise<void> {
    let tries = 0;
    for (let piece = this.#queue[0]; piece && !this.#isStopped; piece = this.#queue[0]) {
      try {
        await this.send(piece);
        tries = 0;
        await this.#settle(piece, 0);
      } catch (error) {
        if (error instanceof Refusal && error.status < 500 && !FOR_NOW.has(error.status)) {
          await this.#settle(piece, 1);
          continue;
        }
        this.#say({ problem: error instanceof Refusal ? error.code : "unreachable" });
        await this.pause(PAUSES_MS[Math.min(tries++, PAUSES_MS.length - 1)]!);
      }
    }
  }

  async #settle(piece: Piece, lost: number): Promise<void> {
    this.#queue.shift();
    this.#say({ problem: null, lost: this.state.get().lost + lost });
    await this.shelf.remove(piece).catch(() => undefined);
  }

  #say(changed: Partial<Sending>): void {
    this.state.set({ ...this.state.get(), ...changed, waiting: this.#queue.length });
  }
}

const keyOf = ({ recordingId, k }: Piece): string => `${recordingId}/${k}`;
