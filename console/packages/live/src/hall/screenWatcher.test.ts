import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { newestOfScreen, ScreenWatcher } from "./screenWatcher";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  let made = 0;
  vi.stubGlobal("URL", { createObjectURL: () => `blob:${++made}`, revokeObjectURL: vi.fn() });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A service whose newest picture is `newest`, and takes `takesMs` to come. */
function watching(takesMs = 100) {
  const made = { newest: "a" as string | null, fails: false, fetched: 0, seen: [] as string[] };
  const watcher = new ScreenWatcher({
    fetchNewest: async () => {
      made.fetched++;
      await new Promise((resolve) => setTimeout(resolve, takesMs));
      if (made.fails) throw new Error("no line");
      return made.newest === null ? null : { blob: new Blob([]), sha256: made.newest };
    },
    onSeen: ({ sha256 }) => made.seen.push(sha256),
  });
  const told = (sha256: string) => {
    made.newest = sha256;
    watcher.changed({ sha256 });
  };
  return Object.assign(made, { watcher, told });
}

test("of many that are told while one comes, only the newest is fetched next", async () => {
  const { told, seen, watcher } = watching(1000);
  told("a");
  await vi.advanceTimersByTimeAsync(10);
  for (const sha256 of ["b", "c", "d"]) told(sha256);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen.at(-1)).toBe("d");
  expect(seen.length).toBeLessThanOrEqual(2);
  expect(watcher.isBehind).toBe(false);
});

test("the line is left free for as long as the last picture took", async () => {
  const made = watching(4000);
  for (let second = 0; second < 40; second++) {
    made.told(`at-${second}`);
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(made.fetched).toBeLessThanOrEqual(6);
});

test("what did not come is fetched again with growing pauses", async () => {
  const made = watching();
  made.fails = true;
  made.told("a");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(made.fetched).toBeLessThanOrEqual(6);
  made.fails = false;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(made.seen).toEqual(["a"]);
});

test("nothing is fetched by itself while it is paused, and what is asked for comes", async () => {
  const made = watching();
  made.watcher.pause(true);
  made.told("a");
  await vi.advanceTimersByTimeAsync(5000);
  expect(made.fetched).toBe(0);
  void made.watcher.fetchNow();
  await vi.advanceTimersByTimeAsync(1000);
  expect(made.seen).toEqual(["a"]);
  made.told("b");
  made.watcher.pause(false);
  await vi.advanceTimersByTimeAsync(1000);
  expect(made.seen).toEqual(["a", "b"]);
});

test("where there is none any more it waits for the next to be told, and closed it fetches nothing", async () => {
  const made = watching();
  made.told("a");
  made.newest = null;
  await vi.advanceTimersByTimeAsync(10_000);
  expect([made.fetched, made.seen]).toEqual([1, []]);
  made.watcher.close();
  made.told("b");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(made.fetched).toBe(1);
});

test("the service says by the ETag which picture it is, and by 404 that there is none", async () => {
  const answers = [
    new Response("x", { headers: { ETag: '"abc"' } }),
    new Response("", { status: 404 }),
    new Response("", { status: 503 }),
  ];
  vi.stubGlobal("fetch", async () => answers.shift());
  expect((await newestOfScreen("s/1"))?.sha256).toBe("abc");
  expect(await newestOfScreen("s")).toBeNull();
  await expect(newestOfScreen("s")).rejects.toThrow("503");
});
