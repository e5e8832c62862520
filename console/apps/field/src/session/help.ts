/** Ask for help: a session is opened now, or as soon as the service can be reached. */
import { Refusal, type Session } from "@nearhand/contract";
import { computed, signal } from "@preact/signals";
import { actor } from "../access/actor";
import { isOffline, post } from "../rest";
import { go } from "../routes";
import { refusalText } from "../words/refusals";
import { notice } from "./notices";

interface Wish {
  key: string;
  /** Who calls: nobody else who signs in on this device sends it. */
  participant_id: string;
  device_id: string | null;
  subject: string;
}

const STORED = "nearhand.field.help";
const TRY_AGAIN_MS = 5000;
/** The service is answering the first try just now: its answer is there in a moment. */
const SOON_MS = 1000;

/** Why the call has not gone out yet; all of it passes by itself. */
export type HelpDelay = "sending" | "offline" | "busy" | "failing";

/** A wish for help that has not reached the service yet. It survives a reload. */
const stored = signal<Wish | null>(readStored());
/** The wish of who is signed in now. */
export const waitingHelp = computed(() =>
  actor.value && stored.value?.participant_id === actor.value.participant_id ? stored.value : null,
);
/** What the newest try met. */
export const helpDelay = signal<HelpDelay>("sending");
let isSending = false;

export async function askForHelp(device_id: string | null, subject: string): Promise<void> {
  const participant_id = actor.value?.participant_id;
  if (!participant_id) return;
  const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
  keep({ key, participant_id, device_id, subject });
  helpDelay.value = "sending";
  await send();
}

export function forgetHelp(): void {
  keep(null);
}

async function send(): Promise<void> {
  const wish = waitingHelp.value;
  if (!wish || isSending) return;
  const { key, device_id, subject } = wish;
  isSending = true;
  try {
    // The key makes a second try harmless: the first may have arrived without its answer coming back.
    const { id } = await post<Session>("/sessions", { device_id, subject }, { "Idempotency-Key": key });
    settle(key);
    go({ page: "session", id });
  } catch (error) {
    const delay = delayOf(error);
    if (!delay) {
      settle(key);
      throw error;
    }
    helpDelay.value = delay;
    if (isBeingAnswered(error)) setTimeout(sendAgain, SOON_MS);
  } finally {
    isSending = false;
  }
}

/** What passes: silence, a service in trouble, too much at once. Null: a plain no. */
function delayOf(error: unknown): HelpDelay | null {
  if (!(error instanceof Refusal)) return "offline";
  if (error.status >= 500) return "failing";
  if (isBeingAnswered(error)) return "busy";
  switch (error.status) {
    case 401: // signed out meanwhile: it goes out once its person is back
      return "sending";
    case 408:
    case 429:
      return "busy";
    default:
      return null;
  }
}

function isBeingAnswered(error: unknown): boolean {
  return error instanceof Refusal && error.code === "being_answered";
}

function sendAgain(): void {
  send().catch((error: unknown) => {
    if (error instanceof Refusal) notice.value = { text: refusalText(error), at: Date.now() };
  });
}

setInterval(sendAgain, TRY_AGAIN_MS);
isOffline.subscribe((offline) => void (!offline && sendAgain()));

/** Done with this wish; one made meanwhile stays. */
function settle(key: string): void {
  if (stored.value?.key === key) keep(null);
}

function keep(wish: Wish | null): void {
  stored.value = wish;
  if (wish) localStorage.setItem(STORED, JSON.stringify(wish));
  else localStorage.removeItem(STORED);
}

function readStored(): Wish | null {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "null") as Wish | null;
  } catch {
    return null;
  }
}
