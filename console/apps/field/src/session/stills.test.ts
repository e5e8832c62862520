import { describe, expect, it } from "vitest";
import { type FrameStill, StillSender } from "./stills";

function setUp() {
  const clock = { ms: 100_000 };
  const shared: number[] = [];
  const developing: number[] = [];
  const live = { isLive: false, isMasked: false, isOnRequest: false };
  const uploads: { settle: (ms: number) => Promise<void>; fail: () => Promise<void> }[] = [];
  const sender = new StillSender("cam", {
    now: () => clock.ms,
    isLive: () => live.isLive,
    isOnRequest: () => live.isOnRequest,
    mayLeave: (mask) => !live.isMasked || mask !== "none",
    develop: (frame_id) => void developing.push(frame_id),
    share: (still) => shared.push(still.frame_id),
    upload: () =>
      new Promise((resolve, reject) => {
        uploads.push({
          settle: async (ms) => {
            clock.ms += ms;
            resolve({ sha256: "a".repeat(64) });
            await Promise.resolve().then(() => undefined);
          },
          fail: async () => {
            reject(new Error("cut"));
            await Promise.resolve().then(() => undefined);
          },
        });
      }),
  });
  const still = (frame_id: number): FrameStill => ({
    frame_id,
    captured_at: clock.ms,
    width: 1280,
    height: 720,
    jpeg: new Blob(["x"]),
    sighting: null,
    mask: "none",
    part: null,
  });
  return { clock, live, shared, developing, uploads, sender, still };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("stills", () => {
  it("that hide nothing do not leave once that is asked for, also those taken before", async () => {
    const { live, shared, uploads, sender, still } = setUp();
    live.isMasked = true;
    sender.add(still(1));
    sender.freeze({ stream: "cam", frame_id: 1, how: "still" });
    expect(uploads).toHaveLength(0);
    sender.add({ ...still(2), mask: "range" });
    await uploads[0]!.settle(100);
    await settled();
    expect(shared).toEqual([2]);
  });

  it("leave one at a time, at most one a second, always the newest", async () => {
    const { clock, shared, uploads, sender, still } = setUp();
    sender.add(still(1));
    sender.add(still(2));
    expect(uploads).toHaveLength(1);
    await uploads[0]!.settle(100);
    await settled();
    sender.add(still(3));
    expect(uploads).toHaveLength(1);
    clock.ms += 900;
    sender.add(still(4));
    expect(uploads).toHaveLength(2);
    await uploads[1]!.settle(100);
    await settled();
    expect(shared).toEqual([1, 4]);
  });

  it("leave less often, and smaller, when each takes long", async () => {
    const { clock, uploads, sender, still } = setUp();
    sender.add(still(1));
    await uploads[0]!.settle(3000);
    await settled();
    expect(sender.quality).toBeLessThan(0.8);
    clock.ms += 2900;
    sender.add(still(2));
    expect(uploads).toHaveLength(1);
    clock.ms += 200;
    sender.add(still(3));
    expect(uploads).toHaveLength(2);
  });

  /** An hour's half of stills as large as these, on a link that takes so many bytes a second. */
  async function halfAnHour(sizes: Record<number, number>, bytesPerS: number) {
    const { clock, uploads, sender, still } = setUp();
    let [bytes, longestMs, before] = [0, 0, clock.ms];
    const until = clock.ms + 1_800_000;
    for (let id = 1; clock.ms < until; id++) {
      const size = sizes[sender.quality]!;
      const count = uploads.length;
      sender.add({ ...still(id), jpeg: new Blob([new Uint8Array(size)]) });
      if (uploads.length > count) {
        longestMs = Math.max(longestMs, clock.ms - before);
        before = clock.ms;
        bytes += size;
        await uploads[count]!.settle((size / bytesPerS) * 1000);
        await settled();
      }
      clock.ms += 200;
    }
    return { bytes, count: uploads.length, longestMs };
  }

  it("come to less than 12 MB in half an hour, one every few seconds, however good the link is", async () => {
    const OF_THE_FACE = { 0.8: 44_000, 0.55: 27_000, 0.4: 22_000, 0.25: 16_000 };
    const { bytes, count, longestMs } = await halfAnHour(OF_THE_FACE, 4_000_000);
    expect(bytes).toBeLessThan(12_000_000);
    expect(1800 / count).toBeLessThan(4.7);
    expect(longestMs).toBeLessThan(8000);
    const WHOLE = { 0.8: 215_000, 0.55: 135_000, 0.4: 113_000, 0.25: 80_000 };
    expect((await halfAnHour(WHOLE, 4_000_000)).bytes).toBeLessThan(12_000_000);
  });

  it("need less than a second on 220 kbit/s, once that is known", async () => {
    const { clock, uploads, sender, still } = setUp();
    const sizes: Record<number, number> = { 0.8: 44_000, 0.55: 27_000, 0.4: 22_000, 0.25: 16_000 };
    const taken: number[] = [];
    for (let id = 1; id < 6; id++) {
      const size = sizes[sender.quality]!;
      taken.push((size / 27_500) * 1000);
      sender.add({ ...still(id), jpeg: new Blob([new Uint8Array(size)]) });
      await uploads[id - 1]!.settle(taken.at(-1)!);
      await settled();
      clock.ms += 10_000;
    }
    expect(Math.max(...taken.slice(2))).toBeLessThan(1000);
  });

  it("answer a freeze with exactly that frame while it is remembered", async () => {
    const { shared, uploads, sender, still } = setUp();
    sender.add(still(1));
    await uploads[0]!.settle(10);
    await settled();
    sender.add(still(2));
    sender.add(still(3));
    sender.freeze({ stream: "cam", frame_id: 2, how: "still" });
    await uploads[1]!.settle(10);
    await settled();
    expect(shared).toEqual([1, 2]);
  });

  it("are not sent twice when a frame is frozen that all have already", async () => {
    const { clock, uploads, sender, still } = setUp();
    sender.add(still(1));
    await uploads[0]!.settle(10);
    await settled();
    clock.ms += 100;
    sender.freeze({ stream: "cam", frame_id: 1, how: "still" });
    sender.add(still(2));
    expect(uploads).toHaveLength(1);
  });

  it("come every five seconds while live pictures go out", async () => {
    const { clock, live, uploads, sender, still } = setUp();
    live.isLive = true;
    sender.add(still(1));
    await uploads[0]!.settle(100);
    await settled();
    clock.ms += 4000;
    expect(sender.isDue).toBe(false);
    clock.ms += 1000;
    expect(sender.isDue).toBe(true);
  });

  it("answer a freeze of what was shown live with its sharp still, or else with what was shown", async () => {
    const { clock, shared, developing, uploads, sender, still } = setUp();
    const freeze = (frame_id: number) => sender.freeze({ stream: "cam", frame_id, how: "still" });
    sender.keep(still(5));
    sender.keep(still(6));
    freeze(5);
    expect([developing, uploads.length]).toEqual([[5], 0]);
    sender.add({ ...still(5), width: 1920 });
    await uploads[0]!.settle(100);
    await settled();
    freeze(6);
    sender.gone(6);
    await uploads[1]!.settle(100);
    await settled();
    expect(shared).toEqual([5, 6]);
    clock.ms += 11_000;
    sender.keep(still(900));
    freeze(6);
    expect(developing).toEqual([5, 6]); // shared already, and long gone
  });

  it("answer a freeze of a forgotten or foreign frame with the next one, under its own number", async () => {
    const { shared, uploads, sender, still } = setUp();
    sender.add(still(1));
    await uploads[0]!.settle(10);
    await settled();
    sender.freeze({ stream: "other", frame_id: 1, how: "still" });
    expect(sender.isDue).toBe(true);
    sender.add(still(2));
    await uploads[1]!.settle(10);
    await settled();
    expect(shared).toEqual([1, 2]);
  });

  it("of the device alone are followed by a whole one where that is asked for, never of the same frame", async () => {
    const { shared, uploads, developing, sender, still } = setUp();
    const part = { x: 100, y: 300, frame_width: 1280, frame_height: 720 };
    const ask = (frame_id: number) => sender.freeze({ stream: "cam", frame_id, how: "still" }, true);
    sender.add({ ...still(1), part });
    await uploads[0]!.settle(100);
    await settled();
    sender.add({ ...still(2), part });
    ask(1);
    expect([sender.wantsWhole, sender.isDue]).toEqual([true, true]);
    sender.add({ ...still(3), part }); // was being made already
    expect(uploads).toHaveLength(1);
    sender.add(still(4));
    await uploads[1]!.settle(100);
    await settled();
    expect([shared, sender.wantsWhole]).toEqual([[1, 4], false]);
    ask(4);
    expect(sender.wantsWhole).toBe(false); // it is there for all
    sender.passed(5, 100_000);
    ask(5);
    expect(developing).toEqual([5]);
  });

  it("are not queued when the link is cut: the next one is tried later", async () => {
    const { clock, shared, uploads, sender, still } = setUp();
    sender.add(still(1));
    await uploads[0]!.fail();
    await settled();
    clock.ms += 2100;
    sender.add(still(2));
    await uploads[1]!.settle(10);
    await settled();
    expect(shared).toEqual([2]);
  });

  it("leave only when they are asked for, where that was chosen, and then that frame", async () => {
    const { clock, live, shared, developing, uploads, sender, still } = setUp();
    live.isOnRequest = true;
    clock.ms += 60_000;
    sender.add(still(1));
    expect([uploads.length, sender.isDue]).toEqual([0, false]);
    sender.freeze({ stream: "cam", frame_id: 1, how: "still" });
    await uploads[0]!.settle(50);
    await settled();
    expect(shared).toEqual([1]);
    sender.passed(2, clock.ms);
    sender.freeze({ stream: "cam", frame_id: 2, how: "strip" });
    expect(developing).toEqual([2]);
    sender.gone(2);
    expect(sender.isDue).toBe(true);
  });
});
