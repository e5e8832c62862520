/** What a line of the talk says: words, a phrase in the reader's language, or a voice note to play. */
import { API, type ChatLine } from "@nearhand/contract";
import { NotePlayer, phraseText } from "@nearhand/ui/hall";
import { sessionId } from "../session/room";

export function Line({ line }: { line: Pick<ChatLine, "text" | "phrase" | "voice"> }) {
  const { voice } = line;
  const src =
    voice && `${API}/sessions/${encodeURIComponent(sessionId.value ?? "")}/voice-notes/${voice.sha256}`;
  return (
    <>
      {phraseText(line)}
      {voice && src && <NotePlayer src={src} durationMs={voice.duration_ms} />}
    </>
  );
}
