/** Voice and live pictures of one desk: open as long as the desk is. */
import type { IceServers } from "@nearhand/contract";
import { Call, type CallView, NO_CALL } from "@nearhand/live/rtc";
import { effect, type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { get } from "../rest";
import type { Desk } from "./desk";

/** The key that speaks. */
export const TALK_KEY = "m";

export interface Voice {
  readonly call: Call | null;
  readonly view: ReadonlySignal<CallView>;
}

export function useVoice(desk: Desk): Voice {
  const call = useSignal<Call | null>(null);
  const view = useSignal<CallView>(NO_CALL);
  useEffect(() => {
    const opened = new Call({
      live: desk.session.live,
      servers: () => get<IceServers>(`/sessions/${desk.id}/ice`),
      takesPictures: true,
    });
    call.value = opened;
    const leave = opened.subscribe((now) => {
      view.value = now;
      desk.pictures.tracks(
        now.peers.flatMap(({ by, pictures }) => (pictures ? [{ by, track: pictures }] : [])),
      );
    });
    const noLook = effect(() => opened.look(desk.pictures.isWanted.value));
    return () => {
      noLook();
      leave();
      opened.close();
      call.value = null;
    };
  }, [desk]);
  return useMemo(
    () => ({
      get call() {
        return call.value;
      },
      view,
    }),
    [],
  );
}
