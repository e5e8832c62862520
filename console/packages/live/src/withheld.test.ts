import type { Approval, DeviceShown, ServerMessage, SessionState } from "@nearhand/contract";
import { describe, expect, test } from "vitest";
import { EMPTY_SESSION, Gap, reduce, type SessionView } from "./session";

const state: SessionState = {
  session_id: "s",
  is_ended: false,
  participants: [],
  device: null,
  annotations: [],
  chat: [],
  stills: [],
  signal: null,
  step: null,
  approvals: [],
  recording: null,
};
const stamp = { at: "2026-01-01T08:00:00Z", by: "expert", client: "c".repeat(16), n: 1 };
const shown = (seq: number): DeviceShown => ({
  type: "device.shown",
  seq,
  ...stamp,
  device: { device_id: "D", face: "front" },
});
const withheld = (seq: number, is_elsewhere = false): ServerMessage => ({
  type: "withheld",
  seq,
  is_elsewhere,
});

function seen(...messages: ServerMessage[]): SessionView {
  const entered: ServerMessage = { type: "session.state", epoch: "E", seq: 0, state, is_elsewhere: false };
  return [entered, ...messages].reduce(reduce, EMPTY_SESSION);
}

describe("what one may not see", () => {
  test("counts, once, and is never skipped", () => {
    const view = seen(shown(1), withheld(2), withheld(2), withheld(3));
    expect(view).toMatchObject({ seq: 3, headSeq: 3, isElsewhere: false, device: { device_id: "D" } });
    expect(() => reduce(view, withheld(5))).toThrow(Gap);
  });

  test("takes the device from the screen when the session went there, until it comes back", () => {
    const away = seen(shown(1), withheld(2, true));
    expect(away).toMatchObject({ isElsewhere: true, device: null });
    expect(reduce(away, shown(3))).toMatchObject({ isElsewhere: false, device: { device_id: "D" } });
  });

  test("does not count before the state has come", () => {
    expect(reduce(EMPTY_SESSION, withheld(1, true))).toBe(EMPTY_SESSION);
  });
});

test("what the customer was asked is replaced by what they said", () => {
  const asked: Approval = {
    id: "a1",
    seq: 1,
    what: "Pull it",
    device_id: null,
    asked_by: "expert",
    asked_at: stamp.at,
    decision: null,
    reason: "",
    decided_by: null,
    decided_at: null,
  };
  const given: Approval = { ...asked, decision: "approved", decided_by: "guest", decided_at: stamp.at };
  const view = seen(
    { type: "approval.asked", seq: 1, ...stamp, approval: asked },
    { type: "approval.given", seq: 2, ...stamp, approval: given },
  );
  expect(view.approvals).toEqual([given]);
});
