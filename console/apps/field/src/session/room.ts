/** The live session of this page as signals: what is shared, how the link stands, what is not saved yet. */
import {
  type Actor,
  type Me,
  Refusal,
  type ServerMessage,
  type Session,
  type Signal,
} from "@nearhand/contract";
import type { LiveView, OpenSession } from "@nearhand/live";
import { computed, signal } from "@preact/signals";
import { takeLock } from "../access/lock";
import { showing } from "../camera/showing";
import { buzz, SIGNAL_BUZZ } from "../hud/buzz";
import { remembered } from "../offline/memory";
import { fetchAhead } from "../part";
import { get, signedOut } from "../rest";
import { t } from "../words/session";
import { notice, tellRefusal } from "./notices";
import { hall, live, voice } from "./part";
import { forgetTrails, trace } from "./trails";

export const open = signal<OpenSession | null>(null);
export const room = signal<LiveView | null>(null);
export const sessionId = signal<string | null>(null);
export const openedAt = signal<number | null>(null);
/** When this page last knew that it was up to date. */
export const currentAt = signal<number | null>(null);
/** The session that could not be entered because the client for it did not come. */
export const notEntered = signal<string | null>(null);
/** A signal from somebody else that fills the screen. */
export const bigSignal = signal<{ signal: Signal; by: string; seq: number } | null>(null);

export const isLive = computed(() => room.value !== null && !room.value.isEnded);
export const expertsPresent = computed(() => {
  const now = room.value;
  return (
    now?.participants.filter(
      (one) => now.present.includes(one.id) && one.id !== now.you?.id && one.role !== "observer",
    ) ?? []
  );
});

const FRESH_SIGNAL_MS = 60_000;
let entering = "";

export async function enterSession(id: string, who: Actor): Promise<void> {
  if (sessionId.value === id || entering === id) return;
  await leaveSession();
  entering = id;
  const loaded = await live.load().catch(() => null);
  if (entering !== id) return;
  if (!loaded) {
    entering = "";
    notEntered.value = id;
    return;
  }
  const session = await loaded.openSession({ sessionId: id, participantId: who.participant_id });
  if (entering !== id) return session.close();
  sessionId.value = id;
  open.value = session;
  room.value = session.live.get();
  openedAt.value ??= Date.now();
  fetchAhead(voice, hall); // without them there are stills and words
  const pictures = (showing.value = loaded.showPictures(id, session));
  let [wasCut, wasOpen] = [false, false];
  session.live.subscribe((view) => {
    room.value = view;
    if (view.isCurrent) currentAt.value = Date.now();
    const isOpen = view.link.state === "open";
    if (isOpen && !wasOpen) pictures.again();
    wasOpen = isOpen;
    const isCut = view.link.state === "stopped" && view.link.because === "unauthenticated";
    if (isCut && !wasCut) void whyCut();
    wasCut = isCut;
  });
  session.live.listen((message) => hear(message, who));
  session.live.onRefused(tellRefusal);
  const path = `/sessions/${encodeURIComponent(id)}`;
  void remembered(path, "", () => get<Session>(path))
    .then(({ data }) => (openedAt.value = Date.parse(data.opened_at)))
    .catch(() => undefined);
}

const CUT_AGAIN_MS = 10_000;
let cutAt = -CUT_AGAIN_MS;

/** The line of a locked device is cut until the PIN is given; and so is one on a cookie that was renewed meanwhile. */
async function whyCut(): Promise<void> {
  const sinceMs = performance.now() - cutAt;
  cutAt = performance.now();
  try {
    const me = await get<Me>("/me");
    if (me.is_locked) takeLock(me);
    else if (sinceMs > CUT_AGAIN_MS) reconnect();
    else signedOut.value++;
  } catch (error) {
    if (!(error instanceof Refusal)) signedOut.value++;
  }
}

/** After the PIN, where the line was cut. */
export function reconnect(): void {
  if (room.value?.link.state === "stopped") open.value?.live.connect();
}

export async function leaveSession(): Promise<void> {
  entering = "";
  notEntered.value = null;
  const session = open.value;
  open.value = null;
  showing.value?.close();
  showing.value = null;
  room.value = sessionId.value = openedAt.value = currentAt.value = bigSignal.value = null;
  forgetTrails();
  await session?.close();
}

export function nameOf(id: string): string {
  return room.value?.participants.find((one) => one.id === id)?.display_name ?? "";
}

function hear(message: ServerMessage, who: Actor): void {
  switch (message.type) {
    case "signal.given": {
      const isFresh =
        Date.now() - Date.parse(message.at) < FRESH_SIGNAL_MS || Date.parse(message.at) > Date.now();
      if (message.by === who.participant_id || !isFresh) return;
      bigSignal.value = { signal: message.signal, by: message.by, seq: message.seq };
      buzz(SIGNAL_BUZZ[message.signal]);
      return;
    }
    case "approval.given": {
      const { decision, what } = message.approval;
      if (!decision || message.by === who.participant_id) return;
      notice.value = { text: t(decision, { what }), at: Date.now(), isGood: decision === "approved" };
      return buzz([120]);
    }
    case "withheld":
      if (message.is_elsewhere) notice.value = { text: t("elsewhere"), at: Date.now() };
      return;
    case "rung.asked":
      return showing.value?.ask(message.rung ?? null);
    case "pointer.moved":
      return trace(message);
    case "participant.joined":
      return;
  }
}
