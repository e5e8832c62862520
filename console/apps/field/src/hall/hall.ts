/** What a session in a loud hall has beside pictures and marks: comes with it, and ends with it. */
import type { Refusal } from "@nearhand/contract";
import { NoteSender, OwnCaptions, openNoteShelf, sendLeftNotes, type WaitingNote } from "@nearhand/live/hall";
import { effect, signal } from "@preact/signals";
import { actor } from "../access/actor";
import { cameraState, filming, isTorchOn, lensMoves, openOther } from "../camera/source";
import { STREAM } from "../camera/frames";
import { buzz } from "../hud/buzz";
import { notice } from "../session/notices";
import { open, sessionId } from "../session/room";
import { t } from "../words/hall";
import { refusalText } from "../words/refusals";
import { Steering } from "./steering";

/** What others say aloud, by participant, as their devices understood it. */
export const heard = signal<Readonly<Record<string, { text: string; at: number }>>>({});
export const steering = signal<Steering | null>(null);
export const notes = signal<NoteSender | null>(null);
export const waitingNotes = signal<readonly WaitingNote[]>([]);
export const captionsOn = signal(false);
let captions: OwnCaptions | null = null;

effect(() => {
  const session = open.value;
  const [id, who] = [sessionId.peek(), actor.peek()];
  if (!session || !id || !who) return;
  const { live } = session;
  const steered = new Steering({
    track: filming,
    cameras: async () => {
      const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
      return filming() ? all.filter(({ kind }) => kind === "videoinput") : [];
    },
    open: openOther,
    tell: (state) => live.put({ type: "camera.state", stream: STREAM, ...state }),
    lensMoves,
    torchIs: (isOn) => (isTorchOn.value = isOn),
  });
  steering.value = steered;
  const meet = effect(() => void (cameraState.value.status === "on" && steered.met()));
  const leave = live.listen((message) => {
    if (message.type === "camera.asked") {
      steered.hear(message);
      if (steered.state.get().asked) buzz([80, 60, 80]);
    } else if (message.type === "caption.said") {
      const { [message.by]: before, ...others } = heard.peek();
      void before;
      heard.value = message.text
        ? { ...others, [message.by]: { text: message.text, at: Date.now() } }
        : others;
    }
  });
  // Said before there was a line, nobody has heard it.
  let wasCurrent = live.get().isCurrent;
  const follow = live.subscribe(({ isCurrent }) => {
    if (isCurrent && !wasCurrent) void steered.met();
    wasCurrent = isCurrent;
  });
  captions = new OwnCaptions(
    (words) => live.pass({ type: "caption.say", ...words }),
    () => (captionsOn.value = false),
  );
  let isGone = false;
  void openNoteShelf().then((shelf) => {
    if (isGone) return;
    const sender = new NoteSender({
      sessionId: id,
      participantId: who.participant_id,
      shelf,
      session,
      onLost,
    });
    sender.waiting.subscribe((now) => (waitingNotes.value = now));
    waitingNotes.value = sender.waiting.get();
    notes.value = sender;
  });
  return () => {
    isGone = true;
    meet();
    leave();
    follow();
    steered.close();
    captions?.stop();
    notes.peek()?.close();
    [steering.value, notes.value, captions] = [null, null, null];
    [heard.value, waitingNotes.value, captionsOn.value] = [{}, [], false];
  };
});

function onLost(error: Refusal): void {
  notice.value = { text: t("note_lost", { why: refusalText(error) }), at: Date.now() };
}

/** Voice notes that pages now gone left unsaid, in other sessions than the one that is open. */
export async function sendLeft(
  participantId: string,
  except: string | null,
  signal: AbortSignal,
): Promise<void> {
  await sendLeftNotes({ participantId, shelf: await openNoteShelf(), except, signal, onLost });
}

export function toggleCaptions(language: string): void {
  captionsOn.value = !captionsOn.value;
  if (captionsOn.value) void captions?.start(language);
  else captions?.stop();
}
