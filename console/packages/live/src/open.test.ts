import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FakeServer } from "./fakeServer";
import { sendUnsent, unsentWishes } from "./open";
import { memoryShelf } from "./shelf";
import { Testbed, texts } from "./testbed";

let bed: Testbed;
let server: FakeServer;

beforeEach(() => {
  vi.useFakeTimers();
  bed = new Testbed();
  server = bed.server;
});
afterEach(() => void vi.useRealTimers());

describe("the outbox of a session", () => {
  test("what a closed page left unsent goes out under its own name when the session is opened again", async () => {
    const gone = await bed.enter();
    server.wire.cut();
    gone.commands.say("from the page that closed");
    await vi.advanceTimersByTimeAsync(0);
    await gone.close();
    expect(await unsentWishes("me", bed.shelf)).toEqual({ s: 1 });
    expect(await unsentWishes("somebody else", bed.shelf)).toEqual({});
    const back = await bed.enter();
    expect(texts(back)).toEqual(["from the page that closed"]);
    expect(back.live.get().pending.count).toBe(0);
  });

  test("two tabs never share an outbox; both tabs' leftovers are sent by one that comes later", async () => {
    const tabs = [await bed.enter(), await bed.enter()];
    const names = server.wires.map(({ client }) => client);
    expect(new Set(names).size).toBe(2);
    for (const wire of server.wires) wire.cut();
    tabs.forEach((tab, index) => tab.commands.say(`tab ${index}`));
    await vi.advanceTimersByTimeAsync(0);
    await Promise.all(tabs.map((tab) => tab.close()));
    const back = await bed.enter();
    await bed.settle();
    expect(texts(back).sort()).toEqual(["tab 0", "tab 1"]);
    expect(await unsentWishes("me", bed.shelf)).toEqual({});
  });

  test("leftovers can be sent without opening the session on a screen", async () => {
    const gone = await bed.enter();
    server.wire.cut();
    gone.commands.say("left");
    await vi.advanceTimersByTimeAsync(0);
    await gone.close();
    const sending = sendUnsent(bed.options());
    await bed.settle();
    await sending;
    expect(server.log).toMatchObject([{ type: "chat.said", text: "left" }]);
    expect(server.wire.isClosed).toBe(true);
  });

  test("an outbox that forgot its numbers goes on under a new name", async () => {
    const before = await bed.enter();
    const name = server.wire.client;
    await before.close();
    server.settled.set(name, 7);
    const session = await bed.enter();
    session.commands.say("not taken for a repeat");
    await bed.settle();
    expect(server.wire.client).not.toBe(name);
    expect(texts(session)).toEqual(["not taken for a repeat"]);
  });

  test("goes on under a new name when the server was restored from an older copy", async () => {
    const session = await bed.enter();
    for (const text of ["one", "two", "three"]) session.commands.say(text);
    await bed.settle();
    const name = server.wire.client;
    server.reset(1);
    server.settled.set(name, 1);
    server.wire.cut();
    session.commands.say("four");
    await vi.advanceTimersByTimeAsync(500);
    await bed.settle();
    await bed.settle();
    expect(texts(session)).toEqual(["one", "four"]);
    expect(server.wire.client).not.toBe(name);
  });

  test("goes on under a new name, and sends nothing twice, when no further number is taken", async () => {
    const session = await bed.enter();
    const name = server.wire.client;
    session.commands.say("one");
    await vi.advanceTimersByTimeAsync(0);
    server.wire.flushToServer();
    server.wire.toClient.unshift([{ type: "error", code: "too_many_refused", title: "", detail: "" }]);
    session.commands.say("two");
    await bed.settle();
    await bed.settle();
    expect(texts(session)).toEqual(["one", "two"]);
    expect(server.wire.client).not.toBe(name);
  });

  test("keeps working when the browser cannot store, and says so", async () => {
    bed.shelf = {
      ...memoryShelf(),
      keep: () => Promise.reject(new DOMException("full", "QuotaExceededError")),
    };
    const session = await bed.enter();
    session.commands.say("not kept here");
    await bed.settle();
    expect(texts(session)).toEqual(["not kept here"]);
    expect(session.live.get().isKept).toBe(false);
  });
});
