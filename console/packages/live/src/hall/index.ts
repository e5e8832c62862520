/** What a loud or silent hall needs: spoken words kept until there is a line, one's own words as captions, a shared screen. */
export { captionAbility, OwnCaptions, type CaptionAbility, type OwnWords } from "./captions";
export { openNoteShelf, memoryNoteShelf, type KeptNote, type NoteShelf } from "./noteShelf";
export { NoteSender, sendLeftNotes, type NewNote, type WaitingNote } from "./notes";
export { MAX_NOTE_MS, recordingType, VoiceRecorder, type Recording, type RecorderState } from "./recorder";
export {
  ScreenSender,
  type ScreenSending,
  type ScreenShot,
  type ScreenSource,
  type Sharpness,
} from "./screenSender";
export { newestOfScreen, ScreenWatcher, type SeenScreen } from "./screenWatcher";
