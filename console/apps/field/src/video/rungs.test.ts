import type { DirectSeen } from "@nearhand/live/rtc";
import { describe, expect, it } from "vitest";
import { JUDGE_EVERY_MS } from "./ladder";
import { FILMS, type RungNo, Rungs, type Seen } from "./rungs";

const GOOD: DirectSeen = {
  sent: 10, bitPerS: 2_500_000, rttMs: 30, lost: 0, probed: null, isBusy: false, isHeard: true,
}; // prettier-ignore
const CALM = { sent: 7, held: 0, tripMs: 40, unseen: 1, madeMs: 12 };
const THIN = { sent: 1, held: 6, tripMs: 2500, unseen: 9, madeMs: 12 };
const DIRECT: Seen = {
  direct: [GOOD],
  filmed: 10,
  line: CALM,
  isLineOpen: true,
  watchers: 0,
  isSpent: false,
  isOverBudget: false,
};
const LINE: Seen = { ...DIRECT, direct: [], filmed: 0, watchers: 1 };

/** The rungs of so many seconds that look like this, and what was said last. */
class Trace {
  readonly rungs = new Rungs();
  #now = 0;

  run(seconds: number, seen: Seen | ((rung: RungNo) => Seen)): RungNo[] {
    const gone: RungNo[] = [];
    for (let k = 0; k < (seconds * 1000) / JUDGE_EVERY_MS; k++) {
      this.rungs.judge(this.#now, typeof seen === "function" ? seen(this.rungs.now.rung) : seen);
      this.#now += JUDGE_EVERY_MS;
      gone.push(this.rungs.now.rung);
    }
    return gone;
  }
}

const direct = (change: Partial<DirectSeen>): Seen => ({ ...DIRECT, direct: [{ ...GOOD, ...change }] });

/** A way that loses so much, by what goes over it: pictures, or what is sent to see it. */
const losing = (lost: number) => (rung: RungNo) => direct(rung <= 2 ? { lost } : { sent: 0, probed: lost });

describe("the five rungs", () => {
  it("do not try a way that is seen to lose much, and are up again within ten seconds when it does not", () => {
    const trace = new Trace();
    trace.run(10, DIRECT);
    expect(trace.run(3, losing(0.15)).at(-1)).toBeGreaterThan(2);
    expect(Math.min(...trace.run(120, losing(0.15)))).toBeGreaterThan(2);
    expect(trace.run(10, losing(0)).at(-1)).toBe(1);
  });

  it("go up to the best within ten seconds where there is a direct way, and stay", () => {
    const trace = new Trace();
    expect(trace.run(10, DIRECT).at(-1)).toBe(1);
    expect(new Set(trace.run(60, DIRECT))).toEqual(new Set([1]));
    expect(trace.rungs.now.because).toBe("best");
  });

  it.each([
    ["a narrow way", { bitPerS: 300_000 }, "narrow"],
    ["one that loses much", { lost: 0.15 }, "lossy"],
    ["a long one", { rttMs: 800 }, "slow"],
    ["a busy phone", { isBusy: true }, "busy"],
    ["pictures that do not leave", { sent: 2 }, "narrow"],
  ] as const)("go down within three seconds on %s, and say why", (_, change, because) => {
    const trace = new Trace();
    trace.run(10, DIRECT);
    expect(trace.run(3, direct(change)).at(-1)).toBeGreaterThan(1);
    expect(trace.rungs.now.because).toBe(because);
  });

  it("go by the line within three seconds when the direct way is cut, and back within ten when it is there again", () => {
    const trace = new Trace();
    trace.run(10, DIRECT);
    const cut = { ...direct({ isHeard: false, sent: 0 }), watchers: 1 };
    expect(trace.run(3, cut).at(-1)).toBe(3);
    expect(trace.rungs.now.because).toBe("cut");
    expect(trace.run(20, LINE).at(-1)).toBe(3);
    expect(trace.rungs.now.because).toBe("no_way");
    expect(trace.run(10, DIRECT).at(-1)).toBe(1);
  });

  it("end in stills where nothing gets through, and come back within ten seconds", () => {
    const trace = new Trace();
    trace.run(10, LINE);
    expect(trace.run(3, { ...LINE, line: THIN }).at(-1)).toBe(4);
    expect(["slow", "narrow"]).toContain(trace.rungs.now.because);
    expect(trace.run(10, LINE).at(-1)).toBe(3);
    expect(trace.run(1, { ...LINE, isLineOpen: false, watchers: 0 }).at(-1)).toBe(4);
    expect(trace.rungs.now.because).toBe("cut");
    trace.run(1, { ...LINE, isSpent: true });
    expect(trace.rungs.now).toMatchObject({ rung: 4, because: "spent" });
  });

  it("do not flicker on a way that carries the small picture only", () => {
    const trace = new Trace();
    const rungs = trace.run(180, (rung) => direct({ bitPerS: rung === 1 ? 300_000 : 700_000 }));
    const changes = rungs.filter((rung, k) => k > 0 && rung !== rungs[k - 1]).length;
    expect(changes).toBeLessThan(16);
    expect(rungs.filter((rung) => rung === 2).length / rungs.length).toBeGreaterThan(0.8);
  });

  it("follow who has it best", () => {
    const trace = new Trace();
    const seen = { ...DIRECT, direct: [GOOD, { ...GOOD, lost: 0.5, bitPerS: 40_000 }] };
    expect(trace.run(15, seen).at(-1)).toBe(1);
  });

  it("stay where they are pinned, where that can be had, and are the next worse where not", () => {
    const trace = new Trace();
    for (const rung of [1, 2, 3, 4, 5] as const) {
      trace.rungs.chosen = { rung, by: "by_hand" };
      const bad = { ...direct({ bitPerS: 100_000 }), watchers: 1 };
      expect(new Set(trace.run(10, bad))).toEqual(new Set([rung]));
      expect(trace.rungs.now.because).toBe("by_hand");
    }
    trace.rungs.chosen = { rung: 1, by: "by_hand" };
    expect(trace.run(2, LINE).at(-1)).toBe(3);
    expect(trace.rungs.now.because).toBe("no_way");
  });

  it("end in stills on request when the phone's data are used up, whatever was chosen, until there is more", () => {
    const trace = new Trace();
    trace.run(10, DIRECT);
    for (const by of ["by_hand", "asked"] as const) {
      trace.rungs.chosen = { rung: 1, by };
      trace.run(1, { ...DIRECT, watchers: 1, isOverBudget: true });
      expect(trace.rungs.now).toMatchObject({ rung: 5, because: "budget", film: null });
    }
    trace.rungs.chosen = null;
    expect(trace.run(1, DIRECT).at(-1)).toBe(1);
  });

  it("go where the expert asks, unless the technician has chosen", () => {
    const { rungs } = new Trace();
    rungs.judge(0, DIRECT);
    rungs.ask(4);
    expect(rungs.now).toMatchObject({ rung: 4, because: "asked", film: null });
    rungs.ask(null);
    expect(rungs.now.film).toBe(FILMS[1]);
    rungs.chosen = { rung: 2, by: "by_hand" };
    rungs.ask(5);
    expect(rungs.now).toMatchObject({ rung: 2, because: "by_hand" });
  });
});
