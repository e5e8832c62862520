import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NewMark } from "./commands";
import type { FakeServer } from "./fakeServer";
import type { Directed } from "./live";
import type { Ask } from "./outbox";
import { Testbed, texts } from "./testbed";

const RING: NewMark = {
  shape: "ring",
  place: { kind: "frame", frame: { stream: "cam", frame_id: 1, how: "still" }, points: [[0.5, 0.5]] },
};

let bed: Testbed;
let server: FakeServer;

beforeEach(() => {
  vi.useFakeTimers();
  bed = new Testbed();
  server = bed.server;
});
afterEach(() => void vi.useRealTimers());

describe("a live session", () => {
  test("shows the state on entering, then every event in order", async () => {
    const one = await bed.enter();
    one.commands.say("first");
    await bed.settle();
    const two = await bed.enter("other");
    one.commands.say("second");
    await bed.settle();
    expect(texts(one)).toEqual(["first", "second"]);
    expect(texts(two)).toEqual(["first", "second"]);
    expect(two.live.get()).toMatchObject({ isCurrent: true, seq: 2, link: { state: "open" } });
  });

  test("shows an own mark at once, and calls it saved only when the server has stored it", async () => {
    const { live, commands } = await bed.enter();
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
    const { live, commands } = await bed.enter();
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

  test("an edit is saved once both its event and its ack have come, whichever was first", async () => {
    const { live, commands } = await bed.enter();
    const id = commands.addAnnotation(RING);
    await bed.settle();
    for (const isAckFirst of [false, true]) {
      commands.editAnnotation(id, { isHidden: isAckFirst });
      await vi.advanceTimersByTimeAsync(0);
      server.wire.flushToServer();
      const told = server.wire.toClient.splice(0);
      server.wire.toClient.push(...(isAckFirst ? told.reverse() : told));
      server.wire.flushToClient();
      expect(live.get().pending).toMatchObject({ count: 0, edits: [] });
    }
  });

  test("a line said while offline is shown as not saved, and once it is stored only once", async () => {
    const session = await bed.enter();
    server.wire.cut();
    session.commands.say("said while offline");
    expect(session.live.get().pending.lines).toMatchObject([{ text: "said while offline" }]);
    await vi.advanceTimersByTimeAsync(500);
    await bed.settle();
    expect(session.live.get().pending.lines).toEqual([]);
    expect(texts(session)).toEqual(["said while offline"]);
  });

  test("sends again what was lost with the line, and nothing has its effect twice", async () => {
    const session = await bed.enter();
    session.commands.say("stored, its ack lost");
    await vi.advanceTimersByTimeAsync(0);
    server.wire.flushToServer();
    server.wire.cut();
    session.commands.say("said while offline");
    expect(session.live.get()).toMatchObject({ pending: { count: 2 }, link: { state: "waiting" } });
    await vi.advanceTimersByTimeAsync(500);
    await bed.settle();
    expect(texts(session)).toEqual(["stored, its ack lost", "said while offline"]);
    expect(server.log.map(({ n }) => n)).toEqual([1, 2]);
    expect(session.live.get().pending.count).toBe(0);
  });

  test("learns why a wish was refused even when the first answer was lost", async () => {
    const session = await bed.enter();
    server.refuses = (ask: Ask) => (ask.type === "annotation.add" ? "no_pose" : null);
    const refused: unknown[] = [];
    session.live.onRefused(({ code, wish }) => refused.push([code, wish?.type]));
    session.commands.addAnnotation(RING);
    session.commands.say("after it");
    await vi.advanceTimersByTimeAsync(0);
    server.wire.flushToServer();
    server.wire.cut();
    await vi.advanceTimersByTimeAsync(500);
    await bed.settle();
    expect(refused).toEqual([["refused_before", "annotation.add"]]);
    expect(session.live.get().pending).toMatchObject({ count: 0, marks: [] });
    expect(texts(session)).toEqual(["after it"]);
  });

  test("resumes from the last event it saw, and ignores those it has seen", async () => {
    const session = await bed.enter();
    session.commands.say("one");
    await bed.settle();
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
    const one = await bed.enter();
    const two = await bed.enter("other");
    const line = server.wires[1]!;
    one.commands.say("lost on its way");
    await vi.advanceTimersByTimeAsync(0);
    server.wires[0]!.flushToServer();
    line.toClient.length = 0;
    one.commands.say("seen");
    await bed.settle();
    expect(line.isClosed).toBe(true);
    expect(texts(two)).toEqual(["lost on its way", "seen"]);
  });

  test("whoever hears that the line is there again can say something over it at once", async () => {
    const { live } = await bed.enter();
    const said: Directed = { type: "rtc.hail", to: null, run: "r1" };
    let wasOpen = true;
    live.subscribe(({ link }) => {
      if (link.state === "open" && !wasOpen) live.put(said);
      wasOpen = link.state === "open";
    });
    server.wire.cut(4012);
    await vi.advanceTimersByTimeAsync(250);
    server.wire.open();
    server.wire.flushToServer();
    server.wire.flushToClient();
    expect(server.wire.toServer.flatMap((frame) => JSON.parse(frame) as unknown[])).toContainEqual(said);
  });

  test("takes the whole state when the server cannot resume", async () => {
    const session = await bed.enter();
    session.commands.say("kept");
    session.commands.say("lost by the server's restore");
    await bed.settle();
    server.reset(1);
    server.wire.cut();
    await vi.advanceTimersByTimeAsync(500);
    await bed.settle();
    expect(session.live.get()).toMatchObject({ epoch: "epoch-2", seq: 1, isCurrent: true });
    expect(texts(session)).toEqual(["kept"]);
  });

  test("a late close of an old socket does not touch the new one", async () => {
    const session = await bed.enter();
    const old = server.wire;
    old.cut(4006);
    await vi.advanceTimersByTimeAsync(250);
    await bed.settle();
    old.onclose?.({ code: 4003 });
    expect(session.live.get().link).toEqual({ state: "open" });
  });

  test("stops, and says why, when trying again would not help", async () => {
    const session = await bed.enter();
    server.wire.cut(4003);
    expect(session.live.get().link).toEqual({ state: "stopped", because: "unauthenticated" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.wires).toHaveLength(1);
    session.commands.say("kept for later");
    session.live.connect();
    await bed.settle();
    expect(texts(session)).toEqual(["kept for later"]);
  });

  test("gives up a line on which nothing answers", async () => {
    const session = await bed.enter();
    await vi.advanceTimersByTimeAsync(15_000 + 10_000);
    expect(session.live.get().link).toMatchObject({ state: "waiting", because: "silent" });
  });

  test("waits longer after each failure, but never long", async () => {
    const session = await bed.enter();
    const waits: number[] = [];
    for (let failure = 0; failure < 8; failure++) {
      server.wire.cut();
      const { link } = session.live.get();
      waits.push(link.state === "waiting" ? link.retryInMs : 0);
      await vi.advanceTimersByTimeAsync(waits.at(-1)!);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });
});
