import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NewMark } from "./commands";
import { annotationOf, FakeServer } from "./fakeServer";
import { openSession, type OpenSession } from "./open";
import { memoryLocks, memoryShelf } from "./shelf";

const PLACE: NewMark["place"] = {
  kind: "face",
  device_id: "d",
  face: "front",
  points_mm: [[10, 20, 0]],
};

let server: FakeServer;
let session: OpenSession;

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  session = await openSession({
    sessionId: "s",
    participantId: "me",
    origin: "http://service.test",
    shelf: memoryShelf(),
    locks: memoryLocks(),
    openSocket: server.openSocket,
  });
  await settle();
});
afterEach(() => void vi.useRealTimers());

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  server.flush();
}

const types = () => server.log.map(({ type }) => type);

describe("undo and redo", () => {
  test("take a mark away and bring it back", async () => {
    const { commands } = session;
    commands.addAnnotation({ shape: "ring", place: PLACE });
    expect(commands.undo()).toBe(true);
    expect(commands.redo()).toBe(true);
    await settle();
    expect(types()).toEqual(["annotation.added", "annotation.removed", "annotation.restored"]);
    expect(session.live.get().annotations).toHaveLength(1);
  });

  test("put words, place and keeping back as they were", async () => {
    server.log.push({
      ...{ seq: 1, at: "2026-11-22T08:00:00Z", by: "x", client: "x", n: 1 },
      type: "annotation.added",
      annotation: { ...annotationOf("a1", "this one"), is_kept: true },
    });
    server.wire.toClient.push([server.log[0]!]);
    server.flush();
    const asked: unknown[] = [];
    server.refuses = (ask) => (asked.push(ask), null);
    session.commands.editAnnotation("a1", { text: "that one", place: { ...PLACE, points_mm: [[1, 1, 0]] } });
    session.commands.undo();
    session.commands.redo();
    await settle();
    expect(asked).toMatchObject([
      { n: 1, text: "that one", place: { points_mm: [[1, 1, 0]] } },
      { n: 2, text: "this one", place: { kind: "face", points_mm: [[10, 20, 0]] } },
      { n: 3, text: "that one" },
    ]);
    expect(asked[1]).not.toHaveProperty("is_kept");
  });

  test("a mark at a port goes back to its port", async () => {
    const annotation = annotationOf("a1");
    server.log.push({
      ...{ seq: 1, at: "2026-11-22T08:00:00Z", by: "x", client: "x", n: 1 },
      type: "annotation.added",
      annotation: { ...annotation, anchor: { ...annotation.anchor, port: "37" } },
    });
    server.wire.toClient.push([server.log[0]!]);
    server.flush();
    const asked: unknown[] = [];
    server.refuses = (ask) => (asked.push(ask), null);
    session.commands.editAnnotation("a1", { place: PLACE });
    session.commands.undo();
    await settle();
    expect(asked[1]).toMatchObject({ place: { kind: "port", device_id: "d", port: "37" } });
  });

  test("a mark on a still goes back to its place on that still", async () => {
    const frame = { stream: "cam", frame_id: 7, how: "still" as const };
    const points: [number, number][] = [[0.25, 0.5], [0.5, 0.5]]; // prettier-ignore
    const anchor = { kind: "still" as const, sha256: "a".repeat(64), width: 1280, height: 720, points };
    server.log.push({
      ...{ seq: 1, at: "2026-11-22T08:00:00Z", by: "x", client: "x", n: 1 },
      type: "annotation.added",
      annotation: { ...annotationOf("a1"), anchor, frame },
    });
    server.wire.toClient.push([server.log[0]!]);
    server.flush();
    const asked: unknown[] = [];
    server.refuses = (ask) => (asked.push(ask), null);
    session.commands.editAnnotation("a1", { place: { kind: "frame", frame, points: [[0, 0], [1, 1]] } }); // prettier-ignore
    session.commands.undo();
    await settle();
    expect(asked[1]).toMatchObject({ place: { kind: "frame", frame, points } });
  });

  test("a new act ends what could be redone; a refused act is taken off", async () => {
    const { commands } = session;
    commands.addAnnotation({ shape: "ring", place: PLACE });
    commands.undo();
    commands.addAnnotation({ shape: "arrow", place: PLACE });
    expect(commands.redo()).toBe(false);
    await settle();
    server.refuses = () => "no_pose";
    commands.addAnnotation({ shape: "ring", place: PLACE });
    await settle();
    server.refuses = () => null;
    expect(commands.undoState.get()).toEqual({ canUndo: true, canRedo: false });
    commands.undo();
    expect(commands.undoState.get()).toEqual({ canUndo: false, canRedo: true });
  });
});

test("long wishes go in several frames, each below the server's limit", async () => {
  server.wire.cut();
  for (let line = 0; line < 30; line++) session.commands.say(`${line} ${"號".repeat(1900)}`);
  await vi.advanceTimersByTimeAsync(1000);
  server.wire.open();
  server.wire.flushToServer();
  server.wire.flushToClient();
  const frames = server.wire.toServer.map((text) => new TextEncoder().encode(text).length);
  expect(frames.length).toBeGreaterThan(1);
  expect(Math.max(...frames)).toBeLessThan(64 * 1024);
  server.flush();
  expect(session.live.get().chat).toHaveLength(30);
});

describe("what passes by", () => {
  test("a pointer is sent at most 30 times a second, and its last place arrives", async () => {
    for (let step = 0; step < 100; step++) {
      session.commands.movePointer({ ...PLACE, points_mm: [[step, 0, 0]] } as NewMark["place"]);
      await vi.advanceTimersByTimeAsync(10);
    }
    session.commands.movePointer(null);
    await vi.advanceTimersByTimeAsync(40);
    server.wire.flushToServer();
    expect(server.fleeting.length).toBeGreaterThan(20);
    expect(server.fleeting.length).toBeLessThanOrEqual(31);
    expect(server.fleeting.at(-1)).toEqual({ type: "pointer.move", place: null });
  });

  test("waits, newest only, while the line is full", async () => {
    server.wire.bufferedAmount = 100_000;
    const frame = (frame_id: number) => ({ stream: "cam", frame_id, how: "still" as const });
    for (let id = 1; id <= 3; id++) session.commands.sightFrame(frame(id), new Date(0), null);
    await vi.advanceTimersByTimeAsync(100);
    expect(server.wire.toServer).toEqual([]);
    server.wire.bufferedAmount = 0;
    await vi.advanceTimersByTimeAsync(40);
    server.wire.flushToServer();
    expect(server.fleeting).toMatchObject([{ type: "frame.sight", frame: { frame_id: 3 } }]);
  });

  test("a sighting has no more digits than a camera can tell, and says the same", async () => {
    const pose = [
      0.9999, -0.0123456789012, 0, -100.123456789, 0, 1, 0, 20, 0, 0, 1, 512.3456789012, 0, 0, 0, 1,
    ];
    const covariance = Array.from({ length: 36 }, (_, k) => Math.PI * 10 ** -(k % 9));
    const camera = {
      width: 1280,
      height: 720,
      fx: 1000.123456789,
      fy: 1000,
      cx: 639.5,
      cy: 359.5,
      k1: -0.0123456789,
    };
    const sighting = {
      device_id: "D",
      face: "front" as const,
      T_camera_face: pose,
      covariance,
      camera,
      label_seen: true,
      tags_seen: [4],
    };
    session.commands.sightFrame({ stream: "cam", frame_id: 1, how: "still" }, new Date(0), sighting);
    server.wire.flushToServer();
    const told = (server.fleeting.at(-1) as { sighting: typeof sighting }).sighting;
    expect(JSON.stringify(told).length).toBeLessThan(0.75 * JSON.stringify(sighting).length);
    expect(told).toMatchObject({
      device_id: "D",
      tags_seen: [4],
      camera: { width: 1280, fx: 1000.123, k1: -0.01234568 },
    });
    told.T_camera_face.forEach((one, k) => expect(one).toBeCloseTo(pose[k]!, 3));
    told.covariance.forEach((one, k) => expect(one / covariance[k]!).toBeCloseTo(1, 6));
  });

  test("a stroke's points are no finer than a screen", async () => {
    session.commands.drawStroke("s1", "freehand", null, [[1 / 3, 2 / 3]]);
    server.wire.flushToServer();
    expect(server.fleeting).toMatchObject([{ points: [[0.33333, 0.66667]] }]);
  });

  test("is dropped when there is no line", async () => {
    server.wire.cut();
    session.commands.freeze(null);
    await vi.advanceTimersByTimeAsync(2000);
    await settle();
    expect(server.fleeting).toEqual([]);
  });
});
