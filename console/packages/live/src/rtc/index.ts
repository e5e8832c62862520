/** Voice and live pictures between browsers, or through the media server: `new Call({ live, … })`, follow its view, close it with the session. */

export { Call } from "./call";
export { type CallOptions, type CallView, NO_CALL, type PeerView } from "./callView";
export type { DirectSeen } from "./measure";
export type { MicrophoneState } from "./microphone";
export type { Way } from "./reach";
export { TalkButton } from "./talkButton";
export { checkLine, type LineReport, rungs } from "./lineCheck";
