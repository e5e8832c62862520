import type { ServerEvent, SharedStill } from "@nearhand/contract";
import { expect, it } from "vitest";
import { merged, Timeline } from "./timeline";

const event = (seq: number) =>
  ({ type: "session.ended", seq, at: "2026-11-22T09:00:00Z", by: "x", client: "", n: 0 }) as ServerEvent;

it("what is loaded and what is told meet in order, each event once", () => {
  const told = [event(4), event(5)];
  expect(merged(told, [event(1), event(2), event(4)]).map(({ seq }) => seq)).toEqual([1, 2, 4, 5]);
});

it("a picture of no device is found however long ago it was shared", () => {
  const timeline = new Timeline("S");
  const still = { seq: 1, sha256: "a".repeat(64), sighting: null } as SharedStill;
  timeline.take({ ...event(1), type: "still.shared", still } as ServerEvent);
  for (let seq = 2; seq < 1200; seq++) timeline.take(event(seq));
  expect(timeline.events.value.some(({ seq }) => seq === 1)).toBe(false);
  expect(timeline.bareStill(still.sha256)).toEqual(still);
});
