import { describe, expect, it } from "vitest";
import { measured } from "./measure";

const report = (frames: number, heard: number) => [
  { type: "outbound-rtp", kind: "audio", id: "a", framesSent: 999 },
  { type: "outbound-rtp", kind: "video", id: "v", framesSent: frames, bytesSent: frames * 1000, qualityLimitationReason: "cpu" },
  { type: "remote-inbound-rtp", kind: "video", id: "r", roundTripTime: 0.12, fractionLost: 0.03 },
  { type: "transport", id: "t", selectedCandidatePairId: "p", packetsReceived: heard },
  { type: "candidate-pair", id: "other", state: "succeeded", availableOutgoingBitrate: 1 },
  { type: "candidate-pair", id: "p", state: "succeeded", availableOutgoingBitrate: 900_000 },
]; // prettier-ignore

describe("what the browser counts", () => {
  it("is told as what happened since the last look, of the way that is used", () => {
    const first = measured(report(100, 50), null);
    expect(first.seen).toMatchObject({ sent: 0, bytes: 0, isHeard: true });
    expect(measured(report(112, 51), first.counted).seen).toEqual({
      sent: 12, bytes: 12_000, bitPerS: 900_000, rttMs: 120, lost: 0.03, isBusy: true, isHeard: true,
    }); // prettier-ignore
  });

  it("says when nothing was heard", () => {
    const first = measured(report(100, 50), null);
    expect(measured(report(130, 50), first.counted).seen.isHeard).toBe(false);
  });

  it("says nothing of what a browser does not count", () => {
    expect(measured([], null).seen).toEqual({
      sent: 0, bytes: 0, bitPerS: null, rttMs: null, lost: null, isBusy: false, isHeard: true,
    }); // prettier-ignore
  });
});
