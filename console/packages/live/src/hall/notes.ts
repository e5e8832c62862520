/** Send voice notes: kept first, then uploaded, then said; each once, whatever breaks in between. */

import { Refusal, sendBytes, type VoiceFile } from "@nearhand/contract";
import type { Live } from "../live";
import { type OpenOptions, type OpenSession, openSession } from "../open";
import { randomId } from "../outbox";
import { Value } from "../store";
import type { KeptNote, NoteShelf } from "./noteShelf";

export interface NewNote {
  readonly blob: Blob;
  readonly durationMs: number;
  readonly text: string;
  readonly phrase: string | null;
}

/** A note that nobody else can hear yet. */
export interface WaitingNote {
  readonly id: string;
  readonly durationMs: number;
  readonly blob: Blob;
}

type Upload = (
  sessionId: string,
  blob: Blob,
  durationMs: number,
) => Promise<Pick<VoiceFile, "sha256" | "duration_ms">>;

export interface SenderOptions {
  readonly sessionId: string;
  readonly participantId: string;
  readonly shelf: NoteShelf;
  readonly session: Pick<OpenSession, "commands"> & {
    live: Pick<Live, "listen" | "onRefused" | "subscribe">;
  };
  readonly upload?: Upload;
  /** A note that will never be heard, and why. */
  readonly onLost?: (error: Refusal) => void;
}

const TRY_AGAIN_MS = 5000;

export class NoteSender {
  /** What is not said yet, oldest first. */
  readonly waiting = new Value<readonly WaitingNote[]>([]);
  readonly #said = new Map<string, string>(); // by hash, the note's id
  #notes: KeptNote[] = [];
  #isBusy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  readonly #leave: (() => void)[];

  constructor(private readonly options: SenderOptions) {
    const { live } = options.session;
    this.#leave = [
      live.listen((message) => {
        if (message.type === "chat.said" && message.voice) void this.#heard(message.voice.sha256);
      }),
      // Said before: an earlier page got that far, and was gone before it knew.
      live.onRefused(({ wish }) => {
        if (wish?.type === "chat.say" && wish.voice) void this.#heard(wish.voice.sha256);
      }),
      live.subscribe(({ link }) => link.state === "open" && void this.pump()),
    ];
    void this.#load();
  }

  /** Kept before anything else: from here on it is not lost. */
  async add(note: NewNote): Promise<void> {
    const { sessionId, participantId, shelf } = this.options;
    const kept: KeptNote = { ...note, id: randomId(), sessionId, participantId };
    await shelf.keep(kept).catch(() => undefined); // a full disk: it lives as long as the page
    this.#notes.push(kept);
    this.#tell();
    void this.pump();
  }

  get isEmpty(): boolean {
    return this.#notes.length === 0;
  }

  /** Upload what waits, one after the other, and say it. */
  async pump(): Promise<void> {
    if (this.#isBusy || this.#isClosed) return;
    this.#isBusy = true;
    clearTimeout(this.#timer);
    try {
      for (const note of [...this.#notes]) {
        if (this.#isClosed || [...this.#said.values()].includes(note.id)) continue;
        await this.#send(note);
      }
    } catch {
      if (!this.#isClosed) this.#timer = setTimeout(() => void this.pump(), TRY_AGAIN_MS);
    }
    this.#isBusy = false;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const leave of this.#leave) leave();
  }

  /** Throws what passes by itself. */
  async #send(note: KeptNote): Promise<void> {
    const { sessionId, session, upload = toService, onLost } = this.options;
    try {
      const { sha256, duration_ms } = await upload(sessionId, note.blob, note.durationMs);
      this.#said.set(sha256, note.id);
      session.commands.sayVoice({ sha256, duration_ms }, note.text, note.phrase);
      this.#tell();
    } catch (error) {
      if (!(error instanceof Refusal) || passes(error)) throw error;
      await this.#forget(note.id);
      onLost?.(error);
    }
  }

  async #heard(sha256: string): Promise<void> {
    const id = this.#said.get(sha256);
    if (id) await this.#forget(id);
  }

  async #forget(id: string): Promise<void> {
    this.#notes = this.#notes.filter((one) => one.id !== id);
    this.#tell();
    await this.options.shelf.forget(id).catch(() => undefined);
  }

  async #load(): Promise<void> {
    const { sessionId, participantId, shelf } = this.options;
    const kept = await shelf.load(participantId).catch(() => []);
    const known = new Set(this.#notes.map(({ id }) => id));
    this.#notes = [
      ...kept.filter((one) => one.sessionId === sessionId && !known.has(one.id)),
      ...this.#notes,
    ];
    this.#tell();
    void this.pump();
  }

  #tell(): void {
    const said = new Set(this.#said.values());
    this.waiting.set(this.#notes.filter(({ id }) => !said.has(id)));
  }
}

/** What earlier pages of this person left unsaid in other sessions goes out without opening those on the screen. */
export async function sendLeftNotes(
  {
    participantId,
    shelf,
    except,
    signal,
    onLost,
  }: {
    participantId: string;
    shelf: NoteShelf;
    except: string | null;
    signal: AbortSignal;
    onLost: (error: Refusal) => void;
  },
  open: (options: OpenOptions) => Promise<OpenSession> = openSession,
  upload?: Upload,
): Promise<void> {
  const kept = await shelf.load(participantId).catch(() => []);
  const sessions = new Set(kept.map(({ sessionId }) => sessionId));
  sessions.delete(except ?? "");
  for (const sessionId of sessions) {
    if (signal.aborted) return;
    const session = await open({ sessionId, participantId });
    const sender = new NoteSender({
      sessionId,
      participantId,
      shelf,
      session,
      onLost,
      ...(upload && { upload }),
    });
    await new Promise<void>((resolve) => {
      let wasFilled = false;
      sender.waiting.subscribe(() => {
        wasFilled ||= !sender.isEmpty;
        if (wasFilled && sender.isEmpty) resolve();
      });
      session.live.subscribe(({ link }) => link.state === "stopped" && resolve());
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    sender.close();
    await session.close();
  }
}

const toService: Upload = (sessionId, blob, durationMs) =>
  sendBytes<VoiceFile>(
    `/sessions/${encodeURIComponent(sessionId)}/voice-notes?duration_ms=${durationMs}`,
    blob,
  );

/** Somebody to sign in again, too much at once, a service in trouble. */
function passes({ status }: Refusal): boolean {
  return status >= 500 || [401, 408, 429].includes(status);
}
