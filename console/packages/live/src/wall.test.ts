import type { Session } from "@nearhand/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeServer } from "./fakeServer";
import { watchWall } from "./wall";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function aSession(id: string, status: Session["status"], minute: number): Session {
  return {
    id,
    subject: "Port 37 is down",
    device_id: null,
    status,
    opened_by: "t",
    opened_by_name: "A technician",
    opened_at: `2026-11-22T08:${minute}:00Z`,
    ended_at: null,
    last_still_sha256: null,
    expert_names: [],
    work_order: "",
  };
}

test("the wall shows each session once, newest first, and forgets those that ended while the line was lost", async () => {
  const server = new FakeServer();
  let seen: string[] = [];
  const stop = watchWall({
    origin: "http://service.test",
    openSocket: server.openSocket,
    onSessions: (sessions) => (seen = sessions.map(({ id, status }) => `${id} ${status}`)),
  });
  const tell = (...sessions: Session[]) => {
    server.wire.toClient.push(sessions as never);
    server.wire.flushToClient();
  };
  server.wire.open();
  tell(aSession("a", "ringing", 10), aSession("b", "open", 11));
  tell(aSession("a", "open", 10));
  expect(seen).toEqual(["b open", "a open"]);
  server.wire.cut();
  await vi.advanceTimersByTimeAsync(500);
  server.wire.open();
  tell(aSession("b", "open", 11));
  expect(seen).toEqual(["b open"]);
  stop();
  expect(server.wire.isClosed).toBe(true);
});
