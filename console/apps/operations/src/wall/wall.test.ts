import type { Session } from "@nearhand/contract";
import { expect, it } from "vitest";
import { orderForWall } from "./wall";

function session(id: string, status: Session["status"], opened_at: string): Session {
  return {
    id,
    status,
    opened_at,
    subject: "",
    device_id: null,
    opened_by: "P",
    opened_by_name: "Technician",
    ended_at: null,
    last_still_sha256: null,
    expert_names: [],
    work_order: "",
  };
}

it("puts ringing sessions first, then the newest, and leaves ended ones out", () => {
  const order = orderForWall([
    session("old", "open", "2026-11-22T08:00:00Z"),
    session("over", "ended", "2026-11-22T09:30:00Z"),
    session("new", "open", "2026-11-22T09:00:00Z"),
    session("calls", "ringing", "2026-11-22T07:00:00Z"),
  ]);
  expect(order.map(({ id }) => id)).toEqual(["calls", "new", "old"]);
});
