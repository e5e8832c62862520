/** Which of the five rungs pictures go by: the best that the ways carry, or the one that was chosen. Knows no network. */
import type { RungTold } from "@nearhand/contract";
import type { DirectSeen } from "@nearhand/live/rtc";
import { Climb, type Strain } from "./climb";
import { JUDGE_EVERY_MS, type Judged, Ladder, STILLS } from "./ladder";

export type RungNo = RungTold["rung"];
export type Because = RungTold["because"];

/** Rungs 1 and 2: as pictures of the video, best first. */
export const FILMS = [
  { longest: 1280, perS: 30, bitPerS: 2_500_000, least: 450_000 },
  { longest: 640, perS: 15, bitPerS: 500_000, least: 130_000 },
] as const;
export type Film = (typeof FILMS)[number];
const NO_FILM = FILMS.length;
const SLOW_MS = 600;
const LOSSY = 0.1;
const HOPELESS = 0.3; // lost
const STILL_LOSSY = 0.05; // of what is sent there and back while no pictures go
const UNHEARD_MS = 1400; // the other end says something at least once a second

/** What half a second showed. */
export interface Seen {
  /** Of each who gets the video and looks; none: nobody does. */
  readonly direct: readonly DirectSeen[];
  /** Frames that were given to it. */
  readonly filmed: number;
  readonly line: Judged;
  readonly isLineOpen: boolean;
  /** How many need pictures of the line. */
  readonly watchers: number;
  readonly isSpent: boolean;
  /** This phone's own traffic has come to what it may. */
  readonly isOverBudget: boolean;
}

export interface Chosen {
  readonly rung: RungNo;
  readonly by: "by_hand" | "asked";
}

export interface Now {
  readonly rung: RungNo;
  readonly because: Because;
  readonly film: Film | null;
  /** Of the line's ladder; STILLS: none. */
  readonly step: number;
}

export class Rungs {
  readonly #film = new Climb(1, NO_FILM);
  readonly #line = new Ladder();
  #filmWhy: Because = "best";
  #lineWhy: Because = "best";
  #unheardMs = 0;
  #seen: Seen | null = null;
  chosen: Chosen | null = null;

  /** What somebody asks for does not undo what was chosen by hand. */
  ask(rung: RungNo | null): void {
    if (this.chosen?.by !== "by_hand") this.chosen = rung && { rung, by: "asked" };
  }

  judge(now: number, seen: Seen): void {
    const isNew = seen.direct.length > 0 && !this.#seen?.direct.length;
    this.#seen = seen;
    if (isNew) {
      this.#film.again();
      this.#unheardMs = 0;
      this.#filmWhy = "best";
    } else if (seen.direct.length > 0) this.#judgeFilm(now, seen);
    if (seen.watchers > 0 && seen.isLineOpen) this.#judgeLine(now, seen.line);
  }

  /** The video lost too much: whether the way still does can be told without trying. */
  get isProbing(): boolean {
    return this.#film.step === NO_FILM && this.#filmWhy === "lossy" && this.chosen === null;
  }

  get now(): Now {
    const seen = this.#seen;
    if (seen?.isOverBudget) return { rung: 5, because: "budget", film: null, step: STILLS };
    const wanted = this.chosen?.rung ?? null;
    const mayFilm = wanted === null || wanted <= 2;
    const film =
      (seen?.direct.length && mayFilm && FILMS[wanted === null ? this.#film.step : wanted - 1]) || null;
    const isLine = (seen?.isLineOpen && !seen.isSpent && (wanted ?? 1) <= 3) ?? false;
    // Somebody chose moving pictures: then the least of them are sent, however thin the line is.
    const step = !isLine ? STILLS : wanted === null ? this.#line.step : Math.min(this.#line.step, STILLS - 1);
    const isLive = step < STILLS && (seen?.watchers ?? 0) > 0;
    const rung = film ? (film === FILMS[0] ? 1 : 2) : isLive ? 3 : wanted === 5 ? 5 : 4;
    return { rung, because: this.#because(rung), film, step };
  }

  #because(rung: RungNo): Because {
    const seen = this.#seen;
    if (this.chosen?.rung === rung) return this.chosen.by;
    if (rung === 1) return "best";
    if (rung === 2) return this.#filmWhy;
    if (rung === 3) return seen?.direct.length ? this.#filmWhy : "no_way";
    if (seen?.isSpent) return "spent";
    if (!seen?.isLineOpen) return "cut";
    if (seen.watchers > 0) return this.#lineWhy;
    return seen.direct.length > 0 ? this.#filmWhy : "unwatched";
  }

  /** No pictures go directly. Who has it best is followed. */
  #judgeUnused(now: number, direct: readonly DirectSeen[]): void {
    const known = this.isProbing ? direct.flatMap(({ probed }) => (probed === null ? [] : [probed])) : [];
    if (known.length === 0) return this.#film.judge(now, 0);
    this.#film.judge(now, Math.min(...known) > STILL_LOSSY ? 1 : 0, true);
  }

  #judgeLine(now: number, line: Judged): void {
    const before = this.#line.step;
    this.#line.take(now, line);
    if (this.#line.step > before) this.#lineWhy = (line.tripMs ?? 0) > SLOW_MS ? "slow" : "narrow";
  }

  #judgeFilm(now: number, { direct, filmed }: Seen): void {
    this.#unheardMs = direct.some(({ isHeard }) => isHeard) ? 0 : this.#unheardMs + JUDGE_EVERY_MS;
    const film = FILMS[this.#film.step];
    if (!film) return this.#judgeUnused(now, direct);
    const strains = direct.map((one) => strainOf(one, film, filmed));
    // Who has it best is followed; of the others each has pictures left out by the browser.
    const least = strains.reduce((a, b) => (b.strain < a.strain ? b : a));
    const { strain, why } =
      this.#unheardMs >= UNHEARD_MS ? { strain: 2 as Strain, why: "cut" as Because } : least;
    if (strain) this.#filmWhy = why;
    this.#film.judge(now, strain);
  }
}

function strainOf(seen: DirectSeen, film: Film, filmed: number): { strain: Strain; why: Because } {
  const { lost, rttMs, bitPerS, isBusy, sent } = seen;
  if ((lost ?? 0) > HOPELESS) return { strain: 2, why: "lossy" };
  if ((lost ?? 0) > LOSSY) return { strain: 1, why: "lossy" };
  if (bitPerS !== null && bitPerS < film.least) return { strain: 1, why: "narrow" };
  if (rttMs !== null && rttMs > SLOW_MS) return { strain: 1, why: "slow" };
  const isHeld = filmed >= 3 && sent < filmed / 2;
  if (isHeld) return { strain: 1, why: isBusy ? "busy" : "narrow" };
  return { strain: isBusy && film === FILMS[0] ? 1 : 0, why: "busy" };
}
