import { describe, expect, it } from "vitest";
import { JUDGE_EVERY_MS, type Judged, Ladder, STEPS, STILLS } from "./ladder";

/** A line of so many bytes a second and so much delay, as the ladder's measures would show it. */
function over(line: { bytesPerS: number; delayMs: number }, step: number): Judged {
  if (step === STILLS) return { sent: 0, held: 0, tripMs: null, unseen: 0, madeMs: 0 };
  const { width, perS } = STEPS[step]!;
  const bytes = width === 1280 ? 90_000 : 28_000;
  const most = Math.min(perS, line.bytesPerS / bytes) / 2;
  const sent = Math.floor(most);
  const tripMs = line.delayMs + (bytes / line.bytesPerS) * 1000;
  return { sent, held: Math.max(0, Math.round(perS / 2 - most)), tripMs, unseen: 1, madeMs: 12 };
}

const GOOD = { bytesPerS: 4_000_000, delayMs: 20 };
const CELLULAR = { bytesPerS: 500_000, delayMs: 120 };
const THIN = { bytesPerS: 27_500, delayMs: 200 }; // 220 kbit/s
const DEAD = { bytesPerS: 3_000, delayMs: 800 };

function run(ladder: Ladder, line: typeof GOOD, from: number, seconds: number): number[] {
  const steps: number[] = [];
  for (let now = from; now < from + seconds * 1000; now += JUDGE_EVERY_MS) {
    ladder.take(now, over(line, ladder.step));
    steps.push(ladder.step);
  }
  return steps;
}

describe("the ladder", () => {
  it("climbs to the best within ten seconds on a good line, and stays", () => {
    const ladder = new Ladder();
    expect(run(ladder, GOOD, 0, 10).at(-1)).toBe(0);
    expect(new Set(run(ladder, GOOD, 10_000, 60))).toEqual(new Set([0]));
  });

  it("steps down within three seconds when the line turns thin", () => {
    const ladder = new Ladder();
    run(ladder, GOOD, 0, 10);
    const steps = run(ladder, THIN, 10_000, 3);
    expect(steps.at(-1)).toBeGreaterThan(0);
    expect(run(ladder, THIN, 13_000, 6).at(-1)).toBe(STILLS);
  });

  it("goes straight to stills where nothing gets through", () => {
    const ladder = new Ladder();
    run(ladder, GOOD, 0, 10);
    expect(run(ladder, DEAD, 10_000, 1).at(-1)).toBe(STILLS);
  });

  it("finds the step a line carries and tries more ever more seldom", () => {
    const ladder = new Ladder();
    const steps = run(ladder, CELLULAR, 0, 180);
    const changes = steps.filter((step, k) => k > 0 && step !== steps[k - 1]).length;
    expect(changes).toBeLessThan(20);
    expect(steps.filter((step) => step === 1).length / steps.length).toBeGreaterThan(0.7);
  });

  it("is back within ten seconds when the line is good again", () => {
    const ladder = new Ladder();
    run(ladder, DEAD, 0, 4);
    const steps = run(ladder, GOOD, 4_000, 10);
    expect(steps.at(-1)).toBe(0);
    expect(steps.findIndex((step) => step < STILLS) * JUDGE_EVERY_MS).toBeLessThan(10_000);
  });

  it("is not slower up to a step because another one was tried too early", () => {
    const ladder = new Ladder();
    run(ladder, CELLULAR, 0, 18); // 720p was too much for it
    run(ladder, DEAD, 18_000, 2);
    const steps = run(ladder, CELLULAR, 20_000, 10);
    expect(steps.indexOf(1) * JUDGE_EVERY_MS).toBeLessThan(7_500);
    expect(steps.includes(1)).toBe(true);
  });

  it("steps down when the phone cannot make pictures as fast", () => {
    const ladder = new Ladder();
    for (let k = 0; k < 4; k++)
      ladder.take(k * 500, { sent: 7, held: 0, tripMs: 20, unseen: 0, madeMs: 150 });
    expect(ladder.step).toBe(2);
  });
});
