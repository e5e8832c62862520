/** Where nobody hears anybody: canned phrases, voice notes, captions of one's own words. */
import { CaptionSwitch, HoldToRecord, PHRASES, phraseText, WaitingNotes } from "@nearhand/ui/hall";
import { closePanel } from "../hud/panels";
import { open } from "../session/room";
import { t } from "../words/hall";
import { captionsOn, notes, toggleCaptions, waitingNotes } from "./hall";

export function HallTalk() {
  const note = { text: "Voice note", phrase: "voice_note" };
  return (
    <>
      <section>
        <h3>{t("phrases")}</h3>
        <ul class="phrases" data-testid="phrases">
          {PHRASES.map((phrase) => (
            <li key={phrase}>
              <button
                type="button"
                class="big"
                data-testid={`phrase-${phrase}`}
                onClick={() => {
                  open.value?.commands.sayPhrase(phrase, phraseText({ text: phrase, phrase }));
                  closePanel();
                }}
              >
                {phraseText({ text: phrase, phrase })}
              </button>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3>{t("voice_note")}</h3>
        <HoldToRecord onRecorded={(recording) => void notes.value?.add({ ...recording, ...note })} />
        <WaitingNotes notes={waitingNotes.value} />
        <CaptionSwitch isOn={captionsOn.value} toggle={toggleCaptions} />
      </section>
    </>
  );
}
