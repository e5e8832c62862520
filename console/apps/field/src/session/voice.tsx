/** Voice and live pictures of the session that is open: comes with it, and ends with it. */
import type { IceServers } from "@nearhand/contract";
import { Call, type CallView, NO_CALL } from "@nearhand/live/rtc";
import { VoiceBar } from "@nearhand/ui/voice";
import { effect, signal } from "@preact/signals";
import { cameraRule } from "../camera/mask";
import { cameraState, pictures } from "../camera/source";
import { get } from "../rest";
import { nameOf, open, sessionId } from "./room";

const call = signal<Call | null>(null);
const view = signal<CallView>(NO_CALL);

effect(() => {
  const session = open.value;
  if (!session) return;
  const path = `/sessions/${encodeURIComponent(sessionId.peek() ?? "")}/ice`;
  const opened = new Call({
    live: session.live,
    servers: () => get<IceServers>(path),
    takesPictures: false,
  });
  call.value = opened;
  const leave = opened.subscribe((now) => (view.value = now));
  // The camera's own pictures pass through no mask: where any is asked for, voice goes out and they do not.
  const noPictures = effect(() => {
    const isBare = cameraState.value.status === "on" && cameraRule.value === "off";
    opened.film(isBare ? pictures() : null);
  });
  return () => {
    noPictures();
    leave();
    opened.close();
    call.value = null;
    view.value = NO_CALL;
  };
});

export function Voice() {
  return call.value && <VoiceBar call={call.value} view={view.value} nameOf={nameOf} />;
}
