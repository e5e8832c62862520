/** Where nobody hears anybody: canned phrases, voice notes, captions of one's own words. */
import { CaptionSwitch, HoldToRecord, PHRASES, phraseText, WaitingNotes } from "@nearhand/ui/hall";
import { useSignal } from "@preact/signals";
import { closePanel } from "../hud/panels";
import { open } from "../session/room";
import { t } from "../words/hall";
import { captionsOn, notes, toggleCaptions, waitingNotes } from "./hall";

/** Said most by whoever stands at the rack; the rest is one tap away, so that the chat stays in reach. */
const FIRST = 6;

export function HallTalk() {
  const isWhole = useSignal(false);
  const note = { text: "Voice note", phrase: "voice_note" };
  return (
    <>
      <section>
        <h3>{t("phrases")}</h3>
        <ul class="phrases" data-testid="phrases">
          {(isWhole.value ? PHRASES : PHRASES.slice(0, FIRST)).map((phrase) => (
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
        {!isWhole.value && (
          <button type="button" class="big" data-testid="phrases-more" onClick={() => (isWhole.value = true)}>
            {t("more")}
          </button>
        )}
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
