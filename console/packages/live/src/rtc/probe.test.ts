import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Lossy, Probe } from "./probe";

/** Two ends, and what is between them: says of each message whether it is lost. */
function twoEnds(isLost: (text: string) => boolean, isNew = true) {
  const ends = [0, 1].map((): Lossy => ({ readyState: "open", onmessage: null, send: () => undefined }));
  ends.forEach((end, at) => {
    end.send = (data) => {
      if (!isLost(data)) setTimeout(() => ends[1 - at]!.onmessage?.({ data } as MessageEvent), 20);
    };
  });
  const now = () => Date.now();
  if (isNew) new Probe(ends[1]!, now);
  return new Probe(ends[0]!, now);
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a probe of a way that is not used", () => {
  test("says how much is lost, there or back, of the last seconds", () => {
    let lost = (_: string) => false;
    const probe = twoEnds((text) => lost(text));
    probe.ask(true);
    vi.advanceTimersByTime(2000);
    expect(probe.lost).toBeNull();
    vi.advanceTimersByTime(1000);
    expect(probe.lost).toBe(0);
    lost = (text) => text.startsWith("?") && Number(text.slice(1)) % 5 === 0;
    vi.advanceTimersByTime(4000);
    expect(probe.lost).toBeCloseTo(0.2, 5);
    lost = (text) => text.startsWith("!") && Number(text.slice(1)) % 3 === 0;
    vi.advanceTimersByTime(4000);
    expect(probe.lost).toBeCloseTo(1 / 3, 5);
    lost = () => true;
    vi.advanceTimersByTime(4000);
    expect(probe.lost).toBe(1);
    lost = () => false;
    vi.advanceTimersByTime(4000);
    expect(probe.lost).toBe(0);
  });

  test("sends nothing, and knows nothing, when it is not asked", () => {
    const sent = vi.fn(() => false);
    const probe = twoEnds(sent);
    vi.advanceTimersByTime(5000);
    expect([sent.mock.calls.length, probe.lost]).toEqual([0, null]);
    probe.ask(true);
    vi.advanceTimersByTime(5000);
    probe.ask(false);
    const before = sent.mock.calls.length;
    expect(probe.lost).toBeNull();
    vi.advanceTimersByTime(5000);
    expect(sent.mock.calls.length).toBeLessThanOrEqual(before + 1);
  });

  test("knows nothing of an other end that never answers: it may not know of probes", () => {
    const probe = twoEnds(() => false, false);
    probe.ask(true);
    vi.advanceTimersByTime(10_000);
    expect(probe.lost).toBeNull();
  });
});
