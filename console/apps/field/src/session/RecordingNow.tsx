/** Whether this session is recorded, and the question whether it may be: on the screen for as long as it is so. */
import { RecordingSign } from "@nearhand/ui/recording";
import { open, room } from "./room";

export function RecordingNow() {
  const view = room.value;
  if (!view) return null;
  return (
    <RecordingSign
      recording={view.recording}
      you={view.you}
      participants={view.participants}
      present={view.present}
      onAgree={(id, yes) => open.value?.commands.agreeRecording(id, yes)}
      onEnd={(id) => open.value?.commands.endRecording(id)}
    />
  );
}
