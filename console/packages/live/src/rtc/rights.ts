/** Who may be heard and whose pictures are taken: the service passes on, the receiving end judges. */

import type { IceServers, Participant } from "@nearhand/contract";

/** As for the chat: all but guests whose link only lets them watch. */
export function maySpeak(who: Participant | undefined): boolean {
  return who !== undefined && who.guest !== "watch";
}

/** As for stills: whoever helps. */
export function mayShow(who: Participant | undefined): boolean {
  return who !== undefined && who.role !== "observer" && (who.guest == null || who.guest === "help");
}

/** What goes each way; of who may not, nothing is taken. */
export interface Allowed {
  readonly sendsSound: boolean;
  readonly takesSound: boolean;
  readonly sendsPictures: boolean;
  readonly takesPictures: boolean;
}

/** `isDesk`: it shows pictures and sends none. */
export function allowed(you: Participant, them: Participant | undefined, isDesk: boolean): Allowed {
  return {
    sendsSound: maySpeak(you),
    takesSound: maySpeak(them),
    sendsPictures: mayShow(you) && !isDesk,
    takesPictures: mayShow(them) && isDesk,
  };
}

export function toServer({ urls, username, credential }: IceServers["servers"][number]): RTCIceServer {
  return { urls: [...urls], ...(username && { username }), ...(credential && { credential }) };
}
