/** What a desk has beside pictures and marks: the cameras it may ask, voice notes, captions. */
import type { CameraAsk, CameraStated, Document, Still } from "@nearhand/contract";
import { sendBytes } from "@nearhand/contract";
import {
  NoteSender,
  OwnCaptions,
  openNoteShelf,
  type ScreenShot,
  sendLeftNotes,
  type WaitingNote,
} from "@nearhand/live/hall";
import { notify } from "@nearhand/ui";
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { sentence } from "../shell/Shown";
import type { Desk } from "./desk";
import { t } from "./hallWords";
import { Sharing } from "./sharing";

const HEARD_MS = 6000;
const ZOOM_GAP_MS = 400; // a slider is faster than a lens, and than what the service passes on

export class DeskHall {
  /** What each participant's camera said last, by their id. */
  readonly cameras = signal<Readonly<Record<string, CameraStated>>>({});
  readonly heard = signal<Readonly<Record<string, string>>>({});
  readonly waiting = signal<readonly WaitingNote[]>([]);
  readonly captionsOn = signal(false);
  readonly sharing: Sharing;
  readonly #captions: OwnCaptions;
  readonly #silences = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #leave: (() => void)[];
  #notes: NoteSender | null = null;
  #isClosed = false;
  #zoomedAt = 0;
  #zooming: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly desk: Desk) {
    const { live } = desk.session;
    this.sharing = new Sharing(desk);
    let wasCurrent = false;
    const askAll = () => live.put({ type: "camera.ask", act: "tell" });
    if (live.get().isCurrent && desk.mayDraw.peek()) askAll();
    this.#captions = new OwnCaptions(
      (words) => live.pass({ type: "caption.say", ...words }),
      () => (this.captionsOn.value = false),
    );
    this.#leave = [
      live.subscribe(({ isCurrent }) => {
        if (isCurrent && !wasCurrent && desk.mayDraw.peek()) askAll();
        wasCurrent = isCurrent;
      }),
      live.listen((message) => {
        if (message.type === "camera.stated") this.#stated(message);
        else if (message.type === "caption.said") this.#hear(message.by, message.text);
        else if (message.type === "presence.changed") {
          if (!message.is_present) this.#gone(message.participant.id);
          else if (desk.mayDraw.peek()) askAll();
        }
      }),
    ];
    void this.#openNotes();
  }

  /** Who films, or has: the present ones first. */
  get sources(): readonly string[] {
    const { stills, present, frames } = this.desk.view.value;
    const all = new Set([...Object.keys(frames), ...stills.map(({ by }) => by)]);
    return [...all].filter((id) => present.includes(id));
  }

  /** Of whose pictures are on the desk. */
  get camera(): CameraStated | null {
    const by = this.desk.followed.value ?? this.desk.shown.value?.by ?? this.sources[0];
    return (by && this.cameras.value[by]) || null;
  }

  /** Follow the next camera; after the last, whoever sent the newest picture. */
  followNext(): void {
    const order = [null, ...this.sources];
    const at = order.indexOf(this.desk.followed.peek());
    this.desk.followed.value = order[(at + 1) % order.length] ?? null;
  }

  ask(to: CameraStated, what: Omit<CameraAsk, "type" | "to">): void {
    this.desk.session.live.put({ type: "camera.ask", to: to.client, ...what });
  }

  zoom(to: CameraStated, zoom: number): void {
    clearTimeout(this.#zooming);
    const wait = Math.max(0, this.#zoomedAt + ZOOM_GAP_MS - Date.now());
    this.#zooming = setTimeout(() => {
      this.#zoomedAt = Date.now();
      this.ask(to, { act: "zoom", zoom });
    }, wait);
  }

  show(document: Document, page: number): void {
    this.desk.session.commands.showDocument({ kind: "page", document_id: document.id, page });
  }

  /** A picture that was taken of this screen. Throws as any upload does. */
  async showPicture({ blob, width, height }: ScreenShot): Promise<void> {
    const { sha256 } = await sendBytes<Still>(`/sessions/${this.desk.id}/stills?is_screen=true`, blob);
    this.desk.session.commands.showDocument({ kind: "picture", sha256, width, height });
  }

  sayNote(recording: { blob: Blob; durationMs: number }): void {
    void this.#notes?.add({ ...recording, text: "Voice note", phrase: "voice_note" });
  }

  toggleCaptions(language: string): void {
    this.captionsOn.value = !this.captionsOn.value;
    if (this.captionsOn.value) void this.#captions.start(language);
    else this.#captions.stop();
  }

  close(): void {
    this.#isClosed = true;
    for (const leave of this.#leave) leave();
    for (const timer of this.#silences.values()) clearTimeout(timer);
    clearTimeout(this.#zooming);
    this.#captions.stop();
    this.sharing.close();
    this.#notes?.close();
  }

  async #openNotes(): Promise<void> {
    const shelf = await openNoteShelf();
    const participantId = this.desk.view.peek().you?.id ?? this.desk.participantId;
    if (this.#isClosed) return;
    const { id: sessionId, session } = this.desk;
    const notes = new NoteSender({
      sessionId,
      participantId,
      shelf,
      session,
      onLost: tellLost,
    });
    this.#notes = notes;
    notes.waiting.subscribe((now) => (this.waiting.value = now));
    this.waiting.value = notes.waiting.get();
  }

  #stated(camera: CameraStated): void {
    this.cameras.value = { ...this.cameras.peek(), [camera.by]: camera };
  }

  #gone(id: string): void {
    const { [id]: gone, ...others } = this.cameras.peek();
    if (gone) this.cameras.value = others;
  }

  #hear(by: string, text: string): void {
    clearTimeout(this.#silences.get(by));
    const silent = () => {
      const { [by]: before, ...others } = this.heard.peek();
      if (before !== undefined) this.heard.value = others;
    };
    if (!text) return silent();
    this.heard.value = { ...this.heard.peek(), [by]: text };
    this.#silences.set(by, setTimeout(silent, HEARD_MS));
  }
}

function tellLost(error: Error): void {
  notify(t("noteLost", { why: sentence(error) }), "caution");
}

/** Voice notes that pages now gone left unsaid, in other sessions than the one that is open. */
export async function sendLeftVoices(
  participantId: string,
  except: string | null,
  signal: AbortSignal,
): Promise<void> {
  await sendLeftNotes({ participantId, shelf: await openNoteShelf(), except, signal, onLost: tellLost });
}

export function useHall(desk: Desk): DeskHall | null {
  const [hall, setHall] = useState<DeskHall | null>(null);
  useEffect(() => {
    const opened = new DeskHall(desk);
    setHall(opened);
    return () => opened.close();
  }, [desk]);
  return hall;
}
