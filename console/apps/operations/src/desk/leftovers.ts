/** Send what closed pages left unsent: it must not wait until somebody opens its session again. */
import { sendUnsent } from "@nearhand/live";
import { notify } from "@nearhand/ui";
import { me } from "../access/identity";
import { refusalText } from "./words";

let stopping = new AbortController();

/** `except`: the session this page has open sends its own. */
export async function sendLeftovers(except: string | null): Promise<void> {
  const participantId = me.peek()?.participant_id;
  if (!participantId) return;
  const onRefused = (refusal: Parameters<typeof refusalText>[0]) => notify(refusalText(refusal), "caution");
  await sendUnsent({ participantId, except, signal: stopping.signal, onRefused });
}

// Nothing goes out for somebody who has signed out.
me.subscribe((who) => {
  if (who) return;
  stopping.abort();
  stopping = new AbortController();
});
