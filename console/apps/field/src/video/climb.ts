/** How far one goes down or up: down as soon as it is strained, up again when it has been calm. Knows no network. */

const DOWN_AFTER = 3; // half seconds of strain
const CALM_MS = 3000;
const PROBED_MS = 500; // what was probed is of seconds already
const LONGEST_CALM_MS = 30_000;
const STEADY_MS = 8000; // a step that held so long was no mistake: what is too much shows within two or three seconds

/** 0: none, 1: too much for this step, 2: nothing gets through. */
export type Strain = 0 | 1 | 2;

export class Climb {
  #step: number;
  #strained = 0;
  #calmSince: number | null = null;
  /** How long a step waits to be tried again, where once was too early. */
  readonly #calmMs = new Map<number, number>();
  /** When it went up last, unless it has come down since. */
  #climbedAt: number | null = null;

  /** Steps go from 0, the best, to `worst`, where nothing goes out and so nothing is strained. */
  constructor(
    private readonly start: number,
    readonly worst: number,
  ) {
    this.#step = start;
  }

  get step(): number {
    return this.#step;
  }

  /** `now` in milliseconds; what half a second has shown. `isProbed`: of the step above, which needs no trial then. */
  judge(now: number, strain: Strain, isProbed = false): void {
    if (strain === 2) return this.#down(now, this.worst);
    this.#strained = strain ? this.#strained + 1 : 0;
    if (this.#strained >= DOWN_AFTER) return this.#down(now, this.#step + 1);
    if (strain) this.#calmSince = null;
    else this.#calm(now, isProbed);
  }

  /** It is another way: what was learnt of the old one says nothing. */
  again(): void {
    this.#step = this.start;
    this.#strained = 0;
    this.#calmSince = this.#climbedAt = null;
    this.#calmMs.clear();
  }

  #calm(now: number, isProbed: boolean): void {
    this.#calmSince ??= now;
    if (this.#climbedAt !== null && now - this.#climbedAt > STEADY_MS) this.#calmMs.delete(this.#step);
    if (this.#step === 0) return;
    if (now - this.#calmSince < (isProbed ? PROBED_MS : this.#calmOf(this.#step - 1))) return;
    this.#step -= 1;
    this.#climbedAt = now;
    this.#calmSince = null;
  }

  #calmOf(step: number): number {
    return this.#calmMs.get(step) ?? CALM_MS;
  }

  #down(now: number, to: number): void {
    // It went up too early: it waits longer before it tries this step again.
    if (this.#climbedAt !== null && now - this.#climbedAt < STEADY_MS)
      this.#calmMs.set(this.#step, Math.min(LONGEST_CALM_MS, this.#calmOf(this.#step) * 2));
    this.#climbedAt = null;
    this.#step = Math.min(this.worst, to);
    this.#strained = 0;
    this.#calmSince = null;
  }
}
