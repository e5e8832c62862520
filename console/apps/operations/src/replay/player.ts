/** Where the replay is, how fast it goes, and what is seen there. It reads no clock: time comes in by `tick`. */
import type { SharedStill } from "@nearhand/contract";
import type { SessionView } from "@nearhand/live";
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { upTo, type Tale } from "./tale";

export const SPEEDS = [1, 2, 4, 8] as const;
export type Speed = (typeof SPEEDS)[number];

/** A pause longer than this is cut down to `LEAD_MS`. */
const PAUSE_MS = 6000;
const LEAD_MS = 2000;

export class Player {
  readonly t_ms = signal(0);
  readonly isPlaying = signal(false);
  readonly speed = signal<Speed>(1);
  readonly skipsPauses = signal(true);
  /** How many events have happened. */
  readonly count: ReadonlySignal<number>;
  readonly view: ReadonlySignal<SessionView>;
  readonly picture: ReadonlySignal<SharedStill | null>;
  /** Whether a recording runs at this time: then a pause is none. */
  isFilmed: (t_ms: number) => boolean = () => false;
  readonly #marks: readonly number[];
  readonly #moments: readonly number[];

  constructor(readonly tale: Tale) {
    this.count = computed(() => tale.countAt(this.t_ms.value));
    this.view = computed(() => tale.fold.after(this.count.value));
    this.picture = computed(() => tale.pictureAfter(this.count.value));
    this.#moments = tale.moments.map(({ t_ms }) => t_ms);
    this.#marks = tale.moments
      .filter(({ event }) => event.type === "annotation.added")
      .map(({ t_ms }) => t_ms);
  }

  seek(t_ms: number): void {
    this.t_ms.value = Math.max(0, Math.min(t_ms, this.tale.length_ms));
  }

  by(delta_ms: number): void {
    this.seek(this.t_ms.peek() + delta_ms);
  }

  toggle(): void {
    if (!this.isPlaying.peek() && this.t_ms.peek() >= this.tale.length_ms) this.seek(0);
    this.isPlaying.value = !this.isPlaying.peek();
  }

  nextMark(): void {
    const next = this.#marks[upTo(this.#marks, this.t_ms.peek())];
    if (next !== undefined) this.seek(next);
  }

  previousMark(): void {
    const previous = this.#marks[upTo(this.#marks, this.t_ms.peek() - 1) - 1];
    if (previous !== undefined) this.seek(previous);
  }

  /** So much time has passed. At the end it stands. */
  tick(passed_ms: number): void {
    if (!this.isPlaying.peek()) return;
    const now = this.t_ms.peek();
    const next = this.#moments[upTo(this.#moments, now)] ?? this.tale.length_ms;
    const since = this.#moments[upTo(this.#moments, now) - 1] ?? 0;
    const isPause =
      this.skipsPauses.peek() && !this.isFilmed(now) && next - now > PAUSE_MS && now - since > LEAD_MS;
    this.seek(isPause ? next - LEAD_MS : now + passed_ms * this.speed.peek());
    if (this.t_ms.peek() >= this.tale.length_ms) this.isPlaying.value = false;
  }
}
