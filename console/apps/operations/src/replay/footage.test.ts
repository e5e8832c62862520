import type { Recording, RecordingFile, Session } from "@nearhand/contract";
import { expect, it } from "vitest";
import { Footage } from "./footage";
import { Tale } from "./tale";
import { at, event } from "./testing";

const recording: Recording = {
  id: "r1",
  by: "expert",
  recorder: "c",
  asked_at: at(0),
  state: "running",
  agreed: ["expert"],
  began_at: at(10),
  ended_by: null,
};
const session = { id: "s", opened_at: at(0), ended_at: at(100), status: "ended" } as Session;
const said = (seq: number, seconds: number, type: string, more: object = {}) => ({
  ...event(seq, { type, ...more }),
  at: at(seconds),
});
const tale = new Tale(session, [
  said(1, 10, "recording.began", { recording }),
  said(2, 20, "chat.said", { text: "x" }),
  said(3, 30, "recording.paused", { recording }),
  said(4, 50, "recording.began", { recording }),
  said(5, 60, "chat.said", { text: "y" }),
  said(6, 70, "recording.ended", { recording }),
] as never);
const file: RecordingFile = {
  recording,
  chunks: 40,
  size_bytes: 1,
  missing: [],
  deleted_at: null,
  marks: [
    // The recorder's own clock runs a little fast: what counts is what it heard when.
    { at_ms: 100, seq: 1, stream: null, frame_id: null },
    { at_ms: 10_300, seq: 2, stream: null, frame_id: null },
    { at_ms: 15_000, seq: null, stream: "cam", frame_id: 9 },
    { at_ms: 20_300, seq: 3, stream: null, frame_id: null },
    { at_ms: 20_300, seq: 4, stream: null, frame_id: null },
    { at_ms: 30_400, seq: 5, stream: null, frame_id: null },
  ],
};
const footage = new Footage(tale, file);

it("at each event it shows what was recorded as that event was heard", () => {
  expect(footage.mediaAt(10_000)).toBe(100);
  expect(footage.mediaAt(20_000)).toBe(10_300);
  expect(footage.mediaAt(25_000)).toBe(15_300);
  expect(footage.mediaAt(60_000)).toBe(30_400);
});

it("after a pause it goes on where the recording went on", () => {
  expect(footage.mediaAt(51_000)).toBe(21_300);
});

it("before it, in its pause and after it there is nothing", () => {
  for (const t_ms of [0, 9999, 30_000, 49_999, 70_000, 90_000]) expect(footage.mediaAt(t_ms)).toBeNull();
});

it("a frame is found by its name", () => {
  expect(footage.mediaOf({ stream: "cam", frame_id: 9, how: "ring" })).toBe(15_000);
  expect(footage.mediaOf({ stream: "cam", frame_id: 10, how: "ring" })).toBeNull();
});
