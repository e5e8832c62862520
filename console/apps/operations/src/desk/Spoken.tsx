/** Voice notes and canned phrases of the chat. */
import type { ChatLine } from "@nearhand/contract";
import {
  CaptionSwitch,
  HoldToRecord,
  NotePlayer,
  PHRASES,
  phraseText,
  WaitingNotes,
} from "@nearhand/ui/hall";
import { address } from "../rest";
import type { Desk } from "./desk";
import type { DeskHall } from "./hall";
import { t } from "./hallWords";

export function Line({ desk, line }: { desk: Desk; line: Pick<ChatLine, "text" | "phrase" | "voice"> }) {
  const { voice } = line;
  return (
    <>
      <p>{phraseText(line)}</p>
      {voice && (
        <NotePlayer
          src={address(`/sessions/${desk.id}/voice-notes/${voice.sha256}`)}
          durationMs={voice.duration_ms}
        />
      )}
    </>
  );
}

export function Sayings({ desk, hall }: { desk: Desk; hall: DeskHall | null }) {
  const { commands } = desk.session;
  return (
    <>
      <WaitingNotes notes={hall?.waiting.value ?? []} />
      <details class="phrases" data-testid="phrases">
        <summary>{t("phrases")}</summary>
        <ul>
          {PHRASES.map((phrase) => (
            <li key={phrase}>
              <button
                type="button"
                data-testid={`phrase-${phrase}`}
                onClick={() => commands.sayPhrase(phrase, phraseText({ text: phrase, phrase }))}
              >
                {phraseText({ text: phrase, phrase })}
              </button>
            </li>
          ))}
        </ul>
      </details>
      {hall && (
        <div class="spoken-here">
          <HoldToRecord onRecorded={(recording) => hall.sayNote(recording)} />
          <CaptionSwitch isOn={hall.captionsOn.value} toggle={(language) => hall.toggleCaptions(language)} />
        </div>
      )}
    </>
  );
}
