import { describe, expect, it } from "vitest";
import { carriedBy, Gauge, measured } from "./measure";

const report = (frames: number, heard: number) => [
  { type: "outbound-rtp", kind: "audio", id: "a", framesSent: 999 },
  { type: "outbound-rtp", kind: "video", id: "v", framesSent: frames, qualityLimitationReason: "cpu" },
  { type: "remote-inbound-rtp", kind: "video", id: "r", roundTripTime: 0.12, fractionLost: 0.03 },
  { type: "transport", id: "t", selectedCandidatePairId: "p", packetsReceived: heard },
  { type: "candidate-pair", id: "other", state: "succeeded", availableOutgoingBitrate: 1 },
  { type: "candidate-pair", id: "p", state: "succeeded", availableOutgoingBitrate: 900_000 },
]; // prettier-ignore

describe("what the browser counts", () => {
  it("is told as what happened since the last look, of the way that is used", () => {
    const first = measured(report(100, 50), null);
    expect(first.seen).toMatchObject({ sent: 0, isHeard: true });
    expect(measured(report(112, 51), first.counted).seen).toEqual({
      sent: 12, bitPerS: 900_000, rttMs: 120, lost: 0.03, isBusy: true, isHeard: true,
    }); // prettier-ignore
  });

  it("adds up what all connections carried, both ways, also of those that have ended", async () => {
    const line = (bytesSent: number) => {
      const carried = { sent: bytesSent };
      const transport = () => ({ type: "transport", id: "t", bytesSent: carried.sent, bytesReceived: 50 });
      return { carried, getStats: async () => new Map([["t", transport()]]) };
    };
    const [looked, other, late] = [line(1000), line(200), line(7)];
    const gauge = new Gauge();
    const measure = (...lines: object[]) =>
      gauge.measure(new Map([[looked as never, { lost: 0.2 }]]), lines as never);
    expect(await measure(looked, other)).toMatchObject([{ probed: 0.2 }]);
    expect(gauge.bytes).toBe(1300);
    looked.carried.sent += 400;
    await measure(looked, late);
    expect(gauge.bytes).toBe(1300 + 400 + 57);
  });

  it("is taken from the pairs of addresses where a browser counts no transports", () => {
    const pair = (bytesSent: number) => ({ type: "candidate-pair", bytesSent, bytesReceived: 1 });
    expect(carriedBy([{ type: "transport" }, pair(10), pair(20)])).toBe(32);
  });

  it("says when nothing was heard", () => {
    const first = measured(report(100, 50), null);
    expect(measured(report(130, 50), first.counted).seen.isHeard).toBe(false);
  });

  it("says nothing of what a browser does not count", () => {
    expect(measured([], null).seen).toEqual({
      sent: 0, bitPerS: null, rttMs: null, lost: null, isBusy: false, isHeard: true,
    }); // prettier-ignore
  });
});
