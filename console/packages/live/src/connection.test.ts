import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Testbed } from "./testbed";

let network: EventTarget;
/** What a listener threw: an EventTarget reports it as uncaught, so it is caught here instead. */
let thrown: unknown[];

beforeEach(() => {
  vi.useFakeTimers();
  network = new EventTarget();
  thrown = [];
  vi.stubGlobal("addEventListener", (type: string, listener: (event: Event) => void) =>
    network.addEventListener(type, (event) => {
      try {
        listener(event);
      } catch (error) {
        thrown.push(error);
      }
    }),
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("news of the network while the socket is being opened is no error, and the session opens", async () => {
  const bed = new Testbed();
  const session = await bed.enter();
  bed.server.wire.cut();
  await vi.advanceTimersByTimeAsync(500);
  expect(session.live.get().link).toEqual({ state: "connecting" });
  for (const news of ["offline", "online"]) network.dispatchEvent(new Event(news));
  expect(thrown).toEqual([]);
  await bed.settle();
  expect(session.live.get().link).toEqual({ state: "open" });
});

test("news of the network asks an open line whether it is alive", async () => {
  const bed = new Testbed();
  await bed.enter();
  network.dispatchEvent(new Event("offline"));
  expect(bed.server.wire.toServer).toEqual([JSON.stringify([{ type: "ping" }])]);
});

test("what was said and heard is counted, over all sockets of a session", async () => {
  const bed = new Testbed();
  const session = await bed.enter();
  const entered = session.live.bytes;
  expect(entered).toBeGreaterThan(100);
  session.commands.say("第 37 埠");
  await bed.settle();
  const said = session.live.bytes;
  expect(said - entered).toBeGreaterThan(2 * "第 37 埠".length);
  bed.server.wire.cut();
  await vi.advanceTimersByTimeAsync(1000);
  await bed.settle();
  expect(session.live.bytes).toBeGreaterThan(said);
});
