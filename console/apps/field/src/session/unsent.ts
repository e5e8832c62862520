/** Send what pages that are gone left unsent: it must not wait until somebody opens its session again. */
import { sendUnsent } from "@nearhand/live";
import { actor } from "../access/actor";
import { tellRefusal } from "./notices";

let stopping = new AbortController();

/** `except`: the session this page has open sends its own. */
export async function sendWhatIsLeft(except: string | null): Promise<void> {
  const participantId = actor.peek()?.participant_id;
  if (!participantId) return;
  await sendUnsent({ participantId, except, signal: stopping.signal, onRefused: tellRefusal });
}

// Nothing goes out for somebody who has signed out.
actor.subscribe((who) => {
  if (who) return;
  stopping.abort();
  stopping = new AbortController();
});
