/** Ask for help: a session is opened now, or as soon as the service can be reached. */
import { Unreachable, type Session } from "@nearhand/contract";
import { signal } from "@preact/signals";
import { isOffline, post } from "../rest";
import { go } from "../routes";

interface Wish {
  key: string;
  device_id: string | null;
  subject: string;
}

const STORED = "nearhand.field.help";
const TRY_AGAIN_MS = 5000;

/** A wish for help that has not reached the service yet. It survives a reload. */
export const waitingHelp = signal<Wish | null>(readStored());

export async function askForHelp(device_id: string | null, subject: string): Promise<void> {
  keep({ key: crypto.getRandomValues(new Uint32Array(4)).join("-"), device_id, subject });
  await send();
}

export function forgetHelp(): void {
  keep(null);
}

async function send(): Promise<void> {
  const wish = waitingHelp.value;
  if (!wish) return;
  const { key, ...session } = wish;
  try {
    // The key makes a second try harmless: the first may have arrived without its answer coming back.
    const { id } = await post<Session>("/sessions", session, { "Idempotency-Key": key });
    keep(null);
    go({ page: "session", id });
  } catch (error) {
    if (!(error instanceof Unreachable)) {
      keep(null);
      throw error;
    }
  }
}

setInterval(() => void (waitingHelp.value && send().catch(() => undefined)), TRY_AGAIN_MS);
isOffline.subscribe((offline) => void (!offline && waitingHelp.peek() && send().catch(() => undefined)));

function keep(wish: Wish | null): void {
  waitingHelp.value = wish;
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
