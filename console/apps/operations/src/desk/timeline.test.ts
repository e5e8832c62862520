import type { ServerEvent } from "@nearhand/contract";
import { expect, it } from "vitest";
import { merged } from "./timeline";

const event = (seq: number) =>
  ({ type: "session.ended", seq, at: "2026-11-22T09:00:00Z", by: "x", client: "", n: 0 }) as ServerEvent;

it("what is loaded and what is told meet in order, each event once", () => {
  const told = [event(4), event(5)];
  expect(merged(told, [event(1), event(2), event(4)]).map(({ seq }) => seq)).toEqual([1, 2, 4, 5]);
});
