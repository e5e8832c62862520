/** Voice and live pictures between two browsers: `new Call({ live, … })`, follow its view, close it with the session. */

export { Call, type CallOptions } from "./call";
export { type CallView, NO_CALL, type PeerView } from "./callView";
export type { DirectSeen } from "./measure";
export type { MicrophoneState } from "./microphone";
export type { Way } from "./peer";
export { TalkButton } from "./talkButton";
