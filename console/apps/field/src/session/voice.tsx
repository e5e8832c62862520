/** Voice and live pictures of the session that is open: comes with it, and ends with it. */
import type { IceServers } from "@nearhand/contract";
import { Call, type CallView, NO_CALL } from "@nearhand/live/rtc";
import { VoiceBar } from "@nearhand/ui/voice";
import { effect, signal } from "@preact/signals";
import { loop } from "../camera/eye";
import { newFilmTrack } from "../camera/filmTrack";
import { showing } from "../camera/showing";
import { cameraState } from "../camera/source";
import { get } from "../rest";
import { nameOf, open, sessionId } from "./room";

const film = newFilmTrack();
if (film) loop.filmWith(film);
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
  const noPictures = effect(() =>
    opened.film(cameraState.value.status === "on" ? (film?.track ?? null) : null),
  );
  const noWay = effect(() => showing.value?.through(opened));
  return () => {
    noPictures();
    noWay();
    showing.peek()?.through(null);
    leave();
    opened.close();
    call.value = null;
    view.value = NO_CALL;
  };
});

export function Voice() {
  return call.value && <VoiceBar call={call.value} view={view.value} nameOf={nameOf} />;
}
