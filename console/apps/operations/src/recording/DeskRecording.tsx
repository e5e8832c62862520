/** Recording at the desk: the sign and the question, and the recorder itself where this desk is the one that records. */
import { notify } from "@nearhand/ui";
import { RecordingSign } from "@nearhand/ui/recording";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Desk } from "../desk/desk";
import { stillUrl } from "../desk/stills";
import type { Voice } from "../desk/voice";
import { Recorder } from "./recorder";
import { pieces } from "./shelf";
import { t } from "./words";

export function DeskRecording({ desk, voice }: { desk: Desk; voice: Voice }) {
  const { recording, you, participants, present } = desk.view.value;
  const sending = useSignal(pieces.state.get());
  useEffect(() => pieces.state.subscribe((now) => (sending.value = now)), []);
  useRecorder(desk, voice);
  useWordOfItsEnd(desk);
  const { waiting, lost, problem } = sending.value;
  const notes = [
    problem === "storage_full" && t("full"),
    waiting > 1 && t("waiting", { count: waiting }),
    lost > 0 && t("lost", { count: lost }),
  ];
  const { commands } = desk.session;
  return (
    <RecordingSign
      recording={recording}
      you={you}
      participants={participants}
      present={present}
      note={notes.filter(Boolean).join(" · ") || undefined}
      onAgree={(id, yes) => commands.agreeRecording(id, yes)}
      onEnd={(id) => commands.endRecording(id)}
    />
  );
}

/** The sign is gone when somebody else ends it; who asked for it is to know that, and by whom. */
function useWordOfItsEnd(desk: Desk): void {
  const { live } = desk.session;
  useEffect(
    () =>
      live.listen((message) => {
        const { participants, you } = desk.view.peek();
        if (message.type !== "recording.ended" || message.by === you?.id) return;
        const name = participants.find(({ id }) => id === message.by)?.display_name ?? "";
        notify(
          t(message.recording.agreed.includes(message.by) ? "stoppedBy" : "refusedBy", { name }),
          "caution",
        );
      }),
    [live],
  );
}

/** The recorder lives as long as this page does: a new page cannot go on with another's file, and ends it. */
function useRecorder(desk: Desk, voice: Voice): void {
  const recorder = useRef<Recorder | null>(null);
  const { live, commands } = desk.session;
  const { recording, link } = desk.view.value;
  const isMine = recording?.recorder === live.client;
  const state = isMine ? recording.state : null;
  useEffect(() => {
    if (state === null) {
      recorder.current?.stop();
      recorder.current = null;
      return;
    }
    if (state !== "running") return recorder.current?.pause();
    if (recorder.current) return recorder.current.resume();
    if (!asked.has(recording!.id)) return commands.endRecording(recording!.id);
    if (typeof MediaRecorder === "undefined") return commands.endRecording(recording!.id);
    recorder.current = new Recorder(
      { sessionId: desk.id, recordingId: recording!.id, seq: desk.view.peek().seq },
      {
        picture: () => desk.live.peek() ?? desk.newest.peek(),
        stillUrl: (still) => stillUrl(desk.id, still),
        video: () => voice.view.peek().peers.find(({ pictures }) => pictures)?.pictures ?? null,
        sounds: () => voice.call?.sounds() ?? [],
      },
      (piece) => void pieces.add(piece),
    );
    return undefined;
  }, [state, recording?.id]);
  // Without the session's line nobody could be asked who comes meanwhile.
  useEffect(() => {
    if (link.state === "open" && state === "running") recorder.current?.resume();
    else recorder.current?.pause();
  }, [link.state]);
  useEffect(() => live.listen((message) => recorder.current?.hear(message)), [live]);
  useEffect(() => () => recorder.current?.stop(), []);
}

/** What this page asked for: only that it records. */
const asked = new Set<string>();

export function askToRecord(desk: Desk): void {
  asked.add(desk.session.commands.askRecording());
}
