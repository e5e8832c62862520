import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { captionAbility, OwnCaptions, type OwnWords, type Recognition } from "./captions";

/** A browser's recogniser, as far as captions use it. */
function browser(answer: string | null, { installs = true, isLocal = true } = {}) {
  const made: FakeRecogniser[] = [];
  class FakeRecogniser {
    static available = answer === null ? undefined : async () => answer;
    static install = async () => installs;
    lang = "";
    onresult: ((event: unknown) => void) | null = null;
    onend: (() => void) | null = null;
    onerror: ((event: { error: string }) => void) | null = null;
    isRunning = false;
    constructor() {
      made.push(this);
    }
    start() {
      this.isRunning = true;
    }
    abort() {
      this.isRunning = false;
      this.onend?.();
    }
  }
  if (isLocal) (FakeRecogniser.prototype as unknown as { processLocally: boolean }).processLocally = false;
  return { made, recognition: FakeRecogniser as unknown as Recognition };
}

const says = (transcript: string, isFinal = false) => ({
  resultIndex: 0,
  results: [{ 0: { transcript }, isFinal }],
});

let words: OwnWords[];
let ends: number;
const captionsOf = (recognition: Recognition | undefined) =>
  new OwnCaptions(
    (one) => words.push(one),
    () => ends++,
    recognition,
  );

beforeEach(() => {
  vi.useFakeTimers();
  [words, ends] = [[], 0];
});
afterEach(() => void vi.useRealTimers());

it("offers captions only where the device itself understands the language", async () => {
  expect(await captionAbility("en-US", undefined)).toBe("none");
  expect(await captionAbility("en-US", browser(null).recognition)).toBe("elsewhere");
  expect(await captionAbility("en-US", browser("available", { isLocal: false }).recognition)).toBe(
    "elsewhere",
  );
  expect(await captionAbility("en-US", browser("unavailable").recognition)).toBe("elsewhere");
  expect(await captionAbility("en-US", browser("available").recognition)).toBe("ready");
  expect(await captionAbility("en-US", browser("downloadable").recognition)).toBe("download");
});

it("tells what it understands, in its language, and goes on after a silence until it is stopped", async () => {
  const { made, recognition } = browser("available");
  const captions = captionsOf(recognition);
  await captions.start("en-US");
  expect(made[0]).toMatchObject({ lang: "en-US", processLocally: true, isRunning: true });
  made[0]!.onresult?.(says(" the left "));
  made[0]!.onresult?.(says("the left one", true));
  made[0]!.onend?.();
  await vi.advanceTimersByTimeAsync(1000);
  expect(made).toHaveLength(2);
  captions.stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(made).toHaveLength(2);
  expect(words).toEqual([
    { text: "the left", language: "en-US", is_final: false },
    { text: "the left one", language: "en-US", is_final: true },
  ]);
});

it("never listens where only somebody else could understand, also when asked to", async () => {
  const { made, recognition } = browser("unavailable");
  await captionsOf(recognition).start("en-US");
  expect([made.length, ends]).toEqual([0, 1]);
});

it("fetches the words of a language first, and gives up where that fails", async () => {
  const good = browser("downloadable");
  await captionsOf(good.recognition).start("zh-TW");
  expect(good.made).toHaveLength(1);
  const bad = browser("downloadable", { installs: false });
  await captionsOf(bad.recognition).start("zh-TW");
  expect([bad.made.length, ends]).toEqual([0, 1]);
});

it("ends for good when the browser refuses, and not for want of speech", async () => {
  const { made, recognition } = browser("available");
  const captions = captionsOf(recognition);
  await captions.start("en-US");
  made[0]!.onerror?.({ error: "no-speech" });
  expect(captions.isOn).toBe(true);
  made[0]!.onerror?.({ error: "not-allowed" });
  expect([captions.isOn, ends]).toEqual([false, 1]);
});
