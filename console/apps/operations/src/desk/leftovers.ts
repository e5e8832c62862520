/** Send what closed pages left unsent: it must not wait until somebody opens its session again. */
import { sendUnsent } from "@nearhand/live";
import { notify } from "@nearhand/ui";
import { me } from "../access/identity";
import { pieces } from "../recording/shelf";
import { route } from "../router";
import { sendLeftVoices } from "./hall";
import { refusalText } from "./words";

let stopping = new AbortController();

export async function sendLeftovers(): Promise<void> {
  const who = me.peek();
  if (!who) return;
  const here = route.peek();
  // The session on the screen sends its own; a guest has no other.
  const except = who.session_id ?? (here.view === "desk" ? here.id : null);
  const { participant_id: participantId } = who;
  void pieces.resume();
  const onRefused = (refusal: Parameters<typeof refusalText>[0]) => notify(refusalText(refusal), "caution");
  const { signal } = stopping;
  await sendUnsent({ participantId, except, signal, onRefused });
  await sendLeftVoices(participantId, except, signal);
}

// Nothing goes out for somebody who has signed out.
me.subscribe((who) => {
  if (who) return;
  stopping.abort();
  stopping = new AbortController();
});
