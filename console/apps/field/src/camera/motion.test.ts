import { describe, expect, it } from "vitest";
import { rateOfCamera, Turns } from "./motion";

function turning(rate: readonly [number, number, number], every_ms = 16): Turns {
  const turns = new Turns();
  for (let at = 0; at <= 1000; at += every_ms) turns.add(rate, at);
  return turns;
}

describe("how the camera turned", () => {
  it("is the rate times the time, also between events", () => {
    const turn = turning([0.5, -1, 0.2]).between(503, 537)!;
    [0.017, -0.034, 0.0068].forEach((value, k) => expect(turn[k]).toBeCloseTo(value, 9));
  });

  it("goes on at the last rate for a moment after the newest event", () => {
    expect(turning([1, 0, 0]).between(980, 1020)![0]).toBeCloseTo(0.04, 9);
  });

  it("is not known before the first event, after a pause, or without a gyroscope", () => {
    expect(turning([1, 0, 0]).between(-40, 20)).toBeNull();
    expect(turning([1, 0, 0]).between(1200, 1230)).toBeNull();
    expect(turning([1, 0, 0], 300).between(310, 340)).toBeNull();
    expect(new Turns().between(0, 30)).toBeNull();
  });

  it("forgets what is long past", () => {
    const turns = new Turns();
    for (let at = 0; at < 60_000; at += 16) turns.add([1, 0, 0], at);
    expect(turns.between(100, 130)).toBeNull();
    expect(turns.between(59_900, 59_930)![0]).toBeCloseTo(0.03, 9);
  });
});

describe("the phone's axes in the picture", () => {
  it("are turned over for the rear camera", () => {
    const [x, y, z] = rateOfCamera(180, 90, 45, 0);
    expect([x, y, z].map((value) => value / Math.PI)).toEqual([1, -0.5, -0.25]);
  });

  it("follow the screen when the phone is laid across", () => {
    // Top to the left: what was up is now left, what was right is now up.
    const [x, y] = rateOfCamera(90, 0, 0, 90);
    expect(x).toBeCloseTo(0, 12);
    expect(y).toBeCloseTo(-Math.PI / 2, 12);
  });
});
