import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FakeServer } from "./fakeServer";
import { openSession, sendUnsent } from "./open";
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
    const back = await bed.enter();
    expect(texts(back)).toEqual(["from the page that closed"]);
    expect(back.live.get().pending.count).toBe(0);
  });

  test("a line that was stored before the page closed stands in the chat once, even before its ack", async () => {
    const gone = await bed.enter();
    gone.commands.say("stored, and its ack was lost");
    await vi.advanceTimersByTimeAsync(0);
    server.wire.flushToServer();
    server.wire.cut();
    await gone.close();
    const back = await openSession(bed.options());
    server.wire.open();
    server.wire.flushToServer(); // hello
    server.wire.flushToClient(1); // welcome and state
    expect(texts(back)).toEqual(["stored, and its ack was lost"]);
    expect(back.live.get().pending).toMatchObject({ lines: [], count: 1 });
    await bed.settle();
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
    expect(await bed.kept()).toEqual([]);
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

describe("sending what closed pages left unsent", () => {
  /** A page that was closed without a line, after these words. */
  async function closedPage(...said: string[]): Promise<void> {
    const page = await bed.enter();
    server.wire.cut();
    for (const text of said) page.commands.say(text);
    await vi.advanceTimersByTimeAsync(0);
    await page.close();
  }
  const told = () => server.log.map((event) => "text" in event && event.text).sort();
  const connections = () => server.wires.length;

  test("needs no session on the screen; its line is closed and its outbox forgotten afterwards", async () => {
    await closedPage("left", "behind");
    const sending = sendUnsent(bed.options());
    await bed.settle();
    await sending;
    expect(told()).toEqual(["behind", "left"]);
    expect(server.wire.isClosed).toBe(true);
    expect(await bed.shelf.load("me")).toEqual([]);
  });

  test("is done once, however many tabs start at the same time", async () => {
    await closedPage("one");
    await closedPage("two");
    const before = connections();
    const tabs = [1, 2, 3].map(() => sendUnsent(bed.options()));
    await bed.settle();
    await Promise.all(tabs);
    await sendUnsent(bed.options());
    expect(told()).toEqual(["one", "two"]);
    expect(connections() - before).toBe(1); // the second page had adopted the first one's outbox
  });

  test("sends nothing again whose answer was lost with its page", async () => {
    const page = await bed.enter();
    page.commands.say("stored, and never told so");
    await vi.advanceTimersByTimeAsync(0);
    server.wire.flushToServer();
    server.wire.cut();
    await page.close();
    const sending = sendUnsent(bed.options());
    await bed.settle();
    await sending;
    expect(told()).toEqual(["stored, and never told so"]);
  });

  test("leaves alone what another tab holds, what is another person's, and what the page will send itself", async () => {
    await closedPage("mine");
    const before = connections();
    await sendUnsent(bed.options("somebody else"));
    await sendUnsent({ ...bed.options(), except: "s" });
    const tab = await bed.enter();
    expect(connections() - before).toBe(1);
    server.wire.cut();
    tab.commands.say("in a tab that is still open");
    await vi.advanceTimersByTimeAsync(0);
    await sendUnsent(bed.options());
    expect(connections() - before).toBe(1);
    expect(told()).toEqual(["mine"]);
  });

  test("out of reach, it waits for a line; when its person signs out, it stops and keeps all", async () => {
    await closedPage("kept");
    const leaving = new AbortController();
    const sending = sendUnsent({ ...bed.options(), signal: leaving.signal });
    await vi.advanceTimersByTimeAsync(0);
    server.wire.cut();
    leaving.abort();
    await sending;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.wire.isClosed).toBe(true);
    expect(await bed.kept()).toEqual(["kept"]);
    const again = sendUnsent(bed.options());
    await bed.settle();
    await again;
    expect(told()).toEqual(["kept"]);
  });

  test("tells what had no effect after all", async () => {
    await closedPage("too late");
    server.refuses = () => "session_ended";
    const refused: string[] = [];
    const sending = sendUnsent({ ...bed.options(), onRefused: ({ code }) => void refused.push(code) });
    await bed.settle();
    await sending;
    expect(refused).toEqual(["session_ended"]);
    expect(await bed.kept()).toEqual([]);
  });
});
