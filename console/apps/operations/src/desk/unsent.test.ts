import type { RefusedWish } from "@nearhand/live";
import { describe, expect, it } from "vitest";
import { RefusedLines, wayOf } from "./unsent";

/** A session that takes every line, and refuses what it is told to. */
class FakeSession {
  readonly said: string[] = [];
  refuse: (refusal: RefusedWish) => void = () => undefined;
  readonly commands = { say: (text: string) => void this.said.push(text) } as never;
  readonly live = {
    onRefused: (listener: (refusal: RefusedWish) => void) => {
      this.refuse = listener;
      return () => (this.refuse = () => undefined);
    },
  };
}

const refusal = (wish: unknown): RefusedWish =>
  ({ n: 1, code: "session_ended", title: "The session has ended", detail: "", wish }) as RefusedWish;

describe("a chat line that nobody else can read yet", () => {
  it("is on its way only while the link is open", () => {
    expect(wayOf({ state: "open" })).toBe("sending");
    expect(wayOf({ state: "connecting" })).toBe("waiting");
    expect(wayOf({ state: "waiting", because: "lost", retryInMs: 500 })).toBe("waiting");
    expect(wayOf({ state: "stopped", because: "unauthenticated" })).toBe("stopped");
  });

  it("stays with its words when it is refused, until it is sent again", () => {
    const session = new FakeSession();
    const lines = new RefusedLines(session);
    session.refuse(refusal({ type: "chat.say", n: 1, text: "the amber one" }));
    session.refuse(refusal({ type: "signal.give", n: 2, signal: "stop" }));
    session.refuse(refusal(null));
    expect(lines.all.value).toMatchObject([{ text: "the amber one", code: "session_ended" }]);
    lines.sayAgain(lines.all.value[0]!);
    expect(session.said).toEqual(["the amber one"]);
    expect(lines.all.value).toEqual([]);
  });

  it("can be given up", () => {
    const session = new FakeSession();
    const lines = new RefusedLines(session);
    session.refuse(refusal({ type: "chat.say", n: 1, text: "never mind" }));
    lines.giveUp(lines.all.value[0]!);
    expect([lines.all.value, session.said]).toEqual([[], []]);
  });
});
