import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeServer } from "./fakeServer";
import { openSession, type OpenSession } from "./open";
import { memoryLocks, memoryShelf } from "./shelf";

const PEOPLE = 4;
const STEPS = 150;

/** Mulberry32: the same seed, the same run. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("convergence", () => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed))(
    "whatever is lost on the way, all see the same, and each wish has its effect once (seed %i)",
    async (seed) => {
      const chance = chances(seed);
      const server = new FakeServer();
      const shelf = memoryShelf();
      const locks = memoryLocks();
      const said: string[] = [];
      server.refuses = (ask) => (ask.n % 7 === 0 ? "no_pose" : null);
      const enter = (person: number) =>
        openSession({
          sessionId: "s",
          participantId: `p${person}`,
          origin: "http://service.test",
          shelf,
          locks,
          openSocket: server.openSocket,
          random: chance,
        });
      const sessions: OpenSession[] = [];
      for (let person = 0; person < PEOPLE; person++) sessions.push(await enter(person));

      for (let step = 0; step < STEPS; step++) {
        const person = Math.floor(chance() * PEOPLE);
        const open = server.wires.filter(({ isClosed }) => !isClosed);
        const wire = open[Math.floor(chance() * open.length)];
        const dice = chance();
        if (dice < 0.3) {
          said.push(`${step}`);
          sessions[person]!.commands.say(`${step}`);
        } else if (dice < 0.5) {
          if (wire && !wire.isOpen) wire.open();
          wire?.flushToServer();
        } else if (dice < 0.75) {
          wire?.flushToClient(1 + Math.floor(chance() * 3));
        } else if (dice < 0.85) {
          wire?.cut(chance() < 0.5 ? 1006 : 4012);
        } else if (dice < 0.9) {
          await sessions[person]!.close();
          sessions[person] = await enter(person);
        } else {
          await vi.advanceTimersByTimeAsync(chance() * 3000);
        }
      }
      for (let round = 0; round < 40; round++) {
        await vi.advanceTimersByTimeAsync(1000);
        server.flush();
      }

      const told = server.log.map((event) => (event.type === "chat.said" ? event.text : ""));
      for (const { live } of sessions) {
        expect(live.get()).toMatchObject({ isCurrent: true, seq: server.log.length, pending: { count: 0 } });
        expect(live.get().chat.map(({ text }) => text)).toEqual(told);
      }
      const refusedCount = [...server.refusals.values()].reduce((sum, set) => sum + set.size, 0);
      expect(new Set(told).size).toBe(told.length);
      expect(told.length + refusedCount).toBe(said.length);
    },
  );
});
