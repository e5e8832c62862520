import { Refusal, type ServerMessage } from "@nearhand/contract";
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { LiveView, RefusedWish } from "../live";
import type { OpenSession } from "../open";
import { memoryNoteShelf, type NoteShelf, openNoteShelf } from "./noteShelf";
import { NoteSender, sendLeftNotes, type SenderOptions } from "./notes";

const WHO = { sessionId: "S", participantId: "P" };
const NOTE = { blob: new Blob(["opus"]), durationMs: 900, text: "Voice note", phrase: "voice_note" };

/** A live session that writes down what is said, and a service whose line may be cut. */
class FakeHouse {
  readonly said: string[] = [];
  readonly uploads: string[] = [];
  refusal: Refusal | null = null;
  isCut = false;
  #hears: (message: ServerMessage) => void = () => undefined;
  #refused: (refusal: RefusedWish) => void = () => undefined;
  #view: (view: LiveView) => void = () => undefined;

  readonly session = {
    live: {
      listen: (listener: (message: ServerMessage) => void) => ((this.#hears = listener), () => undefined),
      onRefused: (listener: (refusal: RefusedWish) => void) => ((this.#refused = listener), () => undefined),
      subscribe: (listener: (view: LiveView) => void) => ((this.#view = listener), () => undefined),
    },
    commands: { sayVoice: ({ sha256 }: { sha256: string }) => this.said.push(sha256) },
    close: async () => undefined,
  } as unknown as OpenSession;

  readonly upload = async (_: string, blob: Blob) => {
    if (this.isCut) throw new TypeError("no line");
    if (this.refusal) throw this.refusal;
    const sha256 = await blob.text();
    this.uploads.push(sha256);
    return { sha256, duration_ms: 900 };
  };

  back(): void {
    this.isCut = false;
    this.#view({ link: { state: "open" } } as LiveView);
  }

  heard(sha256: string): void {
    this.#hears({ type: "chat.said", voice: { sha256, duration_ms: 900 } } as ServerMessage);
  }

  refuses(sha256: string): void {
    const wish = { type: "chat.say", voice: { sha256, duration_ms: 900 } };
    this.#refused({ code: "said_before", wish } as RefusedWish);
  }
}

let house: FakeHouse;
let shelf: NoteShelf;
const lost: Refusal[] = [];
const senderOf = (more: Partial<SenderOptions> = {}) =>
  new NoteSender({
    ...WHO,
    shelf,
    session: house.session,
    upload: house.upload,
    onLost: (error) => lost.push(error),
    ...more,
  });
const soon = () => vi.advanceTimersByTimeAsync(10);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  house = new FakeHouse();
  shelf = memoryNoteShelf();
  lost.length = 0;
});
afterEach(() => void vi.useRealTimers());

it("keeps a note, uploads it, says it, and forgets it when it was heard", async () => {
  const sender = senderOf();
  await sender.add(NOTE);
  await soon();
  expect([house.uploads, house.said]).toEqual([["opus"], ["opus"]]);
  expect(sender.waiting.get()).toEqual([]);
  expect(await shelf.load("P")).toHaveLength(1); // until it is known to have been said
  house.heard("opus");
  await soon();
  expect(await shelf.load("P")).toEqual([]);
});

it("keeps notes while there is no line, in order, and sends each once when there is", async () => {
  house.isCut = true;
  const sender = senderOf();
  for (const word of ["one", "two", "three"]) await sender.add({ ...NOTE, blob: new Blob([word]) });
  await soon();
  expect(sender.waiting.get()).toHaveLength(3);
  house.back();
  await soon();
  expect(house.said).toEqual(["one", "two", "three"]);
  house.back();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(house.said).toEqual(["one", "two", "three"]);
});

it("tries again by itself", async () => {
  house.isCut = true;
  await senderOf().add(NOTE);
  await soon();
  house.isCut = false;
  await vi.advanceTimersByTimeAsync(6000);
  expect(house.said).toEqual(["opus"]);
});

it("sends what a page that is gone left; said before, it is forgotten without a word", async () => {
  house.isCut = true;
  const first = senderOf();
  await first.add(NOTE);
  first.close();
  house.isCut = false;
  senderOf();
  await soon();
  expect(house.said).toEqual(["opus"]);
  house.refuses("opus");
  await soon();
  expect(await shelf.load("P")).toEqual([]);
  expect(lost).toEqual([]);
});

it("says when a note will never be heard, and keeps one that a tired service did not take", async () => {
  house.refusal = new Refusal(503, "not_saved", "", "");
  const sender = senderOf();
  await sender.add(NOTE);
  await soon();
  expect(sender.waiting.get()).toHaveLength(1);
  house.refusal = new Refusal(409, "session_ended", "", "");
  await vi.advanceTimersByTimeAsync(6000);
  expect(sender.waiting.get()).toEqual([]);
  expect(lost.map(({ code }) => code)).toEqual(["session_ended"]);
});

it("does not touch notes of another session or another person", async () => {
  await shelf.keep({ ...NOTE, ...WHO, id: "a", sessionId: "T" });
  await shelf.keep({ ...NOTE, ...WHO, id: "b", participantId: "Q" });
  senderOf();
  await soon();
  expect(house.uploads).toEqual([]);
});

it("sends notes of other sessions without those being open", async () => {
  await shelf.keep({ ...NOTE, ...WHO, id: "a", sessionId: "T" });
  const opened: string[] = [];
  const done = sendLeftNotes(
    { participantId: "P", shelf, except: "S", signal: new AbortController().signal, onLost: () => undefined },
    async ({ sessionId }) => (opened.push(sessionId), house.session),
    house.upload,
  );
  await soon();
  house.heard("opus");
  await done;
  expect([opened, house.said]).toEqual([["T"], ["opus"]]);
  expect(await shelf.load("P")).toEqual([]);
});

it("keeps notes in the browser's own store, sound and all", async () => {
  vi.useRealTimers();
  const kept = await openNoteShelf("test-notes");
  await kept.keep({ ...NOTE, ...WHO, id: "a" });
  const [found] = await (await openNoteShelf("test-notes")).load("P");
  expect(found).toMatchObject({ id: "a", durationMs: 900, phrase: "voice_note" });
  await kept.forget("a");
  expect(await kept.load("P")).toEqual([]);
});
