import { beforeEach, expect, test } from "vitest";
import { differs, type ScreenShot, ScreenSender, type Sharpness } from "./screenSender";

const SHOT = { blob: new Blob(["x"]), width: 1920, height: 1080 };
let nowMs = 0;

/** A screen whose one grey value is `shows`, and a service that takes `takesMs` for each picture. */
function sharing({ takesMs = 100, after = () => "later" as "over" | "smaller" | "later" } = {}) {
  const made = {
    shows: 10,
    takesMs,
    fails: false,
    over: 0,
    sent: [] as number[],
    sharpness: [] as Sharpness[],
    sender: null as unknown as ScreenSender,
    /** Look every quarter of a second. */
    async runs(ms: number) {
      for (const until = nowMs + ms; nowMs < until; nowMs += 250) await made.sender.tick();
    },
  };
  made.sender = new ScreenSender({
    source: {
      look: () => new Uint8Array([made.shows]),
      shot: async (sharpness): Promise<ScreenShot> => {
        made.sharpness.push(sharpness);
        return SHOT;
      },
    },
    send: async () => {
      nowMs += made.takesMs;
      if (made.fails) throw new Error("no way");
      made.sent.push(made.shows);
    },
    after,
    onOver: () => made.over++,
    now: () => nowMs,
  });
  return made;
}

beforeEach(() => {
  nowMs = 0;
});

test("only a change is sent, and what a codec's noise makes is none", async () => {
  const screen = sharing();
  await screen.runs(5000);
  expect(screen.sent).toEqual([10]);
  screen.shows = 14;
  await screen.runs(5000);
  expect(screen.sent).toEqual([10]);
  screen.shows = 40;
  await screen.runs(5000);
  expect(screen.sent).toEqual([10, 40]);
  expect(differs(new Uint8Array([1, 2]), new Uint8Array([1]))).toBe(true);
});

test("a screen that never stands still is sent once a second, and what it showed last as well", async () => {
  const screen = sharing();
  for (let at = 0; at < 40; at++) {
    screen.shows = (at * 20) % 256;
    await screen.runs(250);
  }
  expect(screen.sent.length).toBeGreaterThanOrEqual(8);
  expect(screen.sent.length).toBeLessThanOrEqual(11);
  screen.shows = 99;
  await screen.runs(2000);
  expect(screen.sent.at(-1)).toBe(99);
});

test("a thin line is used for half of the time, and pictures become smaller until they fit", async () => {
  const screen = sharing({ takesMs: 4000 });
  const sent = async () => {
    screen.shows = (screen.shows + 50) % 256;
    await screen.runs(8000);
  };
  for (let round = 0; round < 5; round++) await sent();
  expect(screen.sent.length).toBeLessThanOrEqual(6);
  expect(screen.sharpness.at(-1)!.longestPx).toBeLessThan(screen.sharpness[0]!.longestPx);
  screen.takesMs = 200;
  for (let round = 0; round < 5; round++) await sent();
  expect(screen.sharpness.at(-1)).toEqual(screen.sharpness[0]);
});

test("what could not be sent is tried again with growing pauses, and is not forgotten", async () => {
  const screen = sharing();
  screen.fails = true;
  await screen.runs(30_000);
  expect(screen.sharpness.length).toBeLessThanOrEqual(6);
  screen.fails = false;
  await screen.runs(20_000);
  expect(screen.sent).toEqual([10]);
});

test("one that is too large is made smaller, and where sharing is over nothing is tried again", async () => {
  let how: "over" | "smaller" = "smaller";
  const screen = sharing({ after: () => how });
  screen.fails = true;
  await screen.runs(4000);
  expect(screen.sharpness.at(-1)!.quality).toBeLessThan(screen.sharpness[0]!.quality);
  how = "over";
  await screen.runs(4000);
  expect(screen.over).toBeGreaterThan(0);
  screen.sender.close();
  const tried = screen.sharpness.length;
  await screen.runs(60_000);
  expect(screen.sharpness.length).toBe(tried);
});

test("after the line was away, what is there is sent once more", async () => {
  const screen = sharing();
  await screen.runs(3000);
  screen.sender.again();
  await screen.runs(3000);
  expect(screen.sent).toEqual([10, 10]);
});
