import { expect, test } from "vitest";
import { type LineReport, rungs } from "./lineCheck";

const GOOD: LineReport = {
  roundTripMs: 20,
  socket: "yes",
  stun: "yes",
  relays: [{ url: "turn:t", reached: "yes" }],
  microphone: "yes",
  camera: "yes",
};

test("with a relay everything works, also where nothing else is let out", () => {
  expect(rungs({ ...GOOD, stun: "no" })).toEqual({
    video: "yes",
    pictures: "yes",
    stills: "yes",
    voice: "yes",
  });
});

test("without a relay it depends on the other end; pictures and stills do not", () => {
  const relays = [{ url: "turn:t", reached: "refused" as const }];
  expect(rungs({ ...GOOD, relays })).toEqual({
    video: "maybe",
    pictures: "yes",
    stills: "yes",
    voice: "maybe",
  });
});

test("without a microphone there is no voice, and without the service nothing", () => {
  expect(rungs({ ...GOOD, microphone: "denied" }).voice).toBe("no");
  for (const change of [{ roundTripMs: null }, { socket: "no" as const }])
    expect(rungs({ ...GOOD, ...change })).toEqual({ video: "no", pictures: "no", stills: "no", voice: "no" });
});
