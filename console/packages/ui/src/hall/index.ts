/** Parts of both apps for halls where nobody hears anybody: phrases, voice notes, captions, and what is looked at together. */
export { CaptionSwitch } from "./CaptionSwitch";
export { HoldToRecord, NotePlayer, WaitingNotes } from "./VoiceNote";
export { PHRASES, phraseText } from "./phrases";
