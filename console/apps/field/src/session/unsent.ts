/** Send what pages that are gone left unsent: it must not wait until somebody opens its session again. */
import { actor } from "../access/actor";
import { quiet } from "../part";
import { tellRefusal } from "./notices";
import { hall, live } from "./part";

let stopping = new AbortController();

/** `except`: the session this page has open sends its own. */
export async function sendWhatIsLeft(except: string | null): Promise<void> {
  const participantId = actor.peek()?.participant_id;
  if (!participantId) return;
  const { signal } = stopping;
  if (!live.here.peek()) await quiet();
  const loaded = await live.load().catch(() => null); // kept here: it goes out at a later start
  if (signal.aborted) return;
  await loaded?.sendUnsent({ participantId, except, signal, onRefused: tellRefusal });
  const spoken = await hall.load().catch(() => null);
  if (!signal.aborted) await spoken?.sendLeft(participantId, except, signal);
}

// Nothing goes out for somebody who has signed out.
actor.subscribe((who) => {
  if (who) return;
  stopping.abort();
  stopping = new AbortController();
});
