import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NewMark } from "./commands";
import { FakeServer } from "./fakeServer";
import { openSession, sendUnsent, unsentWishes, type OpenSession } from "./open";
import type { Ask } from "./outbox";
import { memoryLocks, memoryShelf } from "./shelf";

const RING: NewMark = {
  shape: "ring",
  place: { kind: "frame", frame: { stream: "cam", frame_id: 1, how: "still" }, points: [[0.5, 0.5]] },
};

let server: FakeServer;
let shelf = memoryShelf();
let locks = memoryLocks();

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  shelf = memoryShelf();
  locks = memoryLocks();
});
afterEach(() => void vi.useRealTimers());

async function enter(participantId = "me"): Promise<OpenSession> {
  const options = {
    sessionId: "s",
    participantId,
    origin: "http://service.test",
    shelf,
    locks,
    openSocket: server.openSocket,
    random: () => 1,
  };
  const session = await openSession(options);
  await settle();
  return session;
}

/** Let what was asked be kept, then everything arrive everywhere. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await vi.advanceTimersByTimeAsync(0);
    server.flush();
  }
}

const texts = (session: OpenSession) => session.live.get().chat.map(({ text }) => text);

describe("a live session", () => {
  test("shows the state on entering, then every event in order", async () => {
    const one = await enter();
    one.commands.say("first");
    await settle();
    const two = await enter("other");
    one.commands.say("second");
    await settle();
    expect(texts(one)).toEqual(["first", "second"]);
    expect(texts(two)).toEqual(["first", "second"]);
    expect(two.live.get()).toMatchObject({ isCurrent: true, seq: 2, link: { state: "open" } });
  });

  test("shows an own mark at once, and calls it saved only when the server has stored it", async () => {
    const { live, commands } = await enter();
    const id = commands.addAnnotation(RING);
    expect(live.get().pending).toMatchObject({ count: 1, marks: [{ id, shape: "ring" }] });
    await vi.advanceTimersByTimeAsync(0);
    server.wire.flushToServer();
    expect(live.get().pending.count).toBe(1);
    server.wire.flushToClient();
    expect(live.get().pending).toMatchObject({ count: 0, marks: [] });
    expect(live.get().annotations.map((a) => a.id)).toEqual([id]);
  });

  test("a mark does not vanish between its ack and its event", async () => {
    const { live, commands } = await enter();
    commands.addAnnotation(RING);
    await vi.advanceTimersByTimeAsync(0);
    server.wire.flushToServer();
    const [event, ack] = server.wire.toClient.splice(0);
    server.wire.toClient.push(ack!, event!);
    server.wire.flushToClient(1);
    expect(live.get().pending).toMatchObject({ count: 0, marks: [{ shape: "ring" }] });
    server.wire.flushToClient();
    expect(live.get().pending.marks).toEqual([]);
    expect(live.get().annotations).toHaveLength(1);
  });

  test("sends again what was lost with the line, and nothing has its effect twice", async () => {
    const session = await enter();
    session.commands.say("stored, its ack lost");
    await vi.advanceTimersByTimeAsync(0);
    server.wire.flushToServer();
    server.wire.cut();
    session.commands.say("said while offline");
    expect(session.live.get()).toMatchObject({ pending: { count: 2 }, link: { state: "waiting" } });
    await vi.advanceTimersByTimeAsync(500);
    await settle();
    expect(texts(session)).toEqual(["stored, its ack lost", "said while offline"]);
    expect(server.log.map(({ n }) => n)).toEqual([1, 2]);
    expect(session.live.get().pending.count).toBe(0);
  });

  test("learns why a wish was refused even when the first answer was lost", async () => {
    const session = await enter();
    server.refuses = (ask: Ask) => (ask.type === "annotation.add" ? "no_pose" : null);
    const refused: unknown[] = [];
    session.live.onRefused(({ code, wish }) => refused.push([code, wish?.type]));
    session.commands.addAnnotation(RING);
    session.commands.say("after it");
    await vi.advanceTimersByTimeAsync(0);
    server.wire.flushToServer();
    server.wire.cut();
    await vi.advanceTimersByTimeAsync(500);
    await settle();
    expect(refused).toEqual([["refused_before", "annotation.add"]]);
    expect(session.live.get().pending).toMatchObject({ count: 0, marks: [] });
    expect(texts(session)).toEqual(["after it"]);
  });

  test("resumes from the last event it saw, and ignores those it has seen", async () => {
    const session = await enter();
    session.commands.say("one");
    await settle();
    const heard: string[] = [];
    session.live.listen((message) => heard.push(message.type));
    server.wire.toClient.push([server.log[0]!]);
    server.wire.flushToClient();
    server.wire.cut(4012);
    await vi.advanceTimersByTimeAsync(250);
    server.wire.open();
    expect(JSON.parse(server.wire.toServer[0]!)[0]).toMatchObject({ resume: { epoch: "epoch-1", seq: 1 } });
    server.flush();
    expect(texts(session)).toEqual(["one"]);
    expect(heard).toEqual(["welcome"]);
  });

  test("opens a new line when an event is missing", async () => {
    const one = await enter();
    const two = await enter("other");
    const line = server.wires[1]!;
    one.commands.say("lost on its way");
    await vi.advanceTimersByTimeAsync(0);
    server.wires[0]!.flushToServer();
    line.toClient.length = 0;
    one.commands.say("seen");
    await settle();
    expect(line.isClosed).toBe(true);
    expect(texts(two)).toEqual(["lost on its way", "seen"]);
  });

  test("takes the whole state when the server cannot resume", async () => {
    const session = await enter();
    session.commands.say("kept");
    session.commands.say("lost by the server's restore");
    await settle();
    server.reset(1);
    server.wire.cut();
    await vi.advanceTimersByTimeAsync(500);
    await settle();
    expect(session.live.get()).toMatchObject({ epoch: "epoch-2", seq: 1, isCurrent: true });
    expect(texts(session)).toEqual(["kept"]);
  });

  test("a late close of an old socket does not touch the new one", async () => {
    const session = await enter();
    const old = server.wire;
    old.cut(4006);
    await vi.advanceTimersByTimeAsync(250);
    await settle();
    old.onclose?.({ code: 4003 });
    expect(session.live.get().link).toEqual({ state: "open" });
  });

  test("stops, and says why, when trying again would not help", async () => {
    const session = await enter();
    server.wire.cut(4003);
    expect(session.live.get().link).toEqual({ state: "stopped", because: "unauthenticated" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.wires).toHaveLength(1);
    session.commands.say("kept for later");
    session.live.connect();
    await settle();
    expect(texts(session)).toEqual(["kept for later"]);
  });

  test("gives up a line on which nothing answers", async () => {
    const session = await enter();
    await vi.advanceTimersByTimeAsync(15_000 + 10_000);
    expect(session.live.get().link).toMatchObject({ state: "waiting", because: "silent" });
  });

  test("waits longer after each failure, but never long", async () => {
    const session = await enter();
    const waits: number[] = [];
    for (let failure = 0; failure < 8; failure++) {
      server.wire.cut();
      const { link } = session.live.get();
      waits.push(link.state === "waiting" ? link.retryInMs : 0);
      await vi.advanceTimersByTimeAsync(waits.at(-1)!);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });

  test("what a closed page left unsent goes out under its own name when the session is opened again", async () => {
    const gone = await enter();
    server.wire.cut();
    gone.commands.say("from the page that closed");
    await vi.advanceTimersByTimeAsync(0);
    await gone.close();
    expect(await unsentWishes("me", shelf)).toEqual({ s: 1 });
    expect(await unsentWishes("somebody else", shelf)).toEqual({});
    const back = await enter();
    expect(texts(back)).toEqual(["from the page that closed"]);
    expect(back.live.get().pending.count).toBe(0);
  });

  test("two tabs never share an outbox; both tabs' leftovers are sent by one that comes later", async () => {
    const tabs = [await enter(), await enter()];
    const names = server.wires.map(({ client }) => client);
    expect(new Set(names).size).toBe(2);
    for (const wire of server.wires) wire.cut();
    tabs.forEach((tab, index) => tab.commands.say(`tab ${index}`));
    await vi.advanceTimersByTimeAsync(0);
    await Promise.all(tabs.map((tab) => tab.close()));
    const back = await enter();
    await settle();
    expect(texts(back).sort()).toEqual(["tab 0", "tab 1"]);
    expect(await unsentWishes("me", shelf)).toEqual({});
  });

  test("leftovers can be sent without opening the session on a screen", async () => {
    const gone = await enter();
    server.wire.cut();
    gone.commands.say("left");
    await vi.advanceTimersByTimeAsync(0);
    await gone.close();
    const options = { sessionId: "s", participantId: "me", origin: "http://service.test", shelf, locks };
    const sending = sendUnsent({ ...options, openSocket: server.openSocket });
    await settle();
    await sending;
    expect(server.log).toMatchObject([{ type: "chat.said", text: "left" }]);
    expect(server.wire.isClosed).toBe(true);
  });

  test("an outbox that forgot its numbers goes on under a new name", async () => {
    const before = await enter();
    const name = server.wire.client;
    await before.close();
    server.settled.set(name, 7);
    const session = await enter();
    session.commands.say("not taken for a repeat");
    await settle();
    expect(server.wire.client).not.toBe(name);
    expect(texts(session)).toEqual(["not taken for a repeat"]);
  });

  test("keeps working when the browser cannot store, and says so", async () => {
    shelf = { ...memoryShelf(), keep: () => Promise.reject(new DOMException("full", "QuotaExceededError")) };
    const session = await enter();
    session.commands.say("not kept here");
    await settle();
    expect(texts(session)).toEqual(["not kept here"]);
    expect(session.live.get().isKept).toBe(false);
  });
});
