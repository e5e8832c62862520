/** What a screen shows of voice and live pictures. */

import type { IceServers } from "@nearhand/contract";
import type { Live, LiveView } from "../live";
import type { Microphone, MicrophoneState } from "./microphone";
import type { Probe } from "./probe";
import type { Reach, Way } from "./reach";
import { maySpeak } from "./rights";
import type { Speaker } from "./speaker";

const LEVELS = 5;

export interface CallOptions {
  readonly live: Live;
  readonly servers: () => Promise<IceServers>;
  /** A desk shows pictures, a phone does not. */
  readonly takesPictures: boolean;
}

export interface PeerView {
  readonly client: string;
  /** Whose client it is. */
  readonly by: string;
  readonly way: Way;
  readonly isTalking: boolean;
  /** How loud they are, 0 to 5. */
  readonly level: number;
  readonly pictures: MediaStreamTrack | null;
}

/** One other client, as the call knows it. */
export interface Known {
  readonly by: string;
  /** Of a direct connection. */
  readonly run: string | null;
  readonly peer: Reach;
  readonly speaker: Speaker;
  isTalking: boolean;
  /** They look at the pictures that go to them. */
  looks: boolean;
}

export interface CallView {
  /** Why not everybody is heard and seen as they should be: too many for direct ways, or the media server is away. */
  readonly trouble: "full" | "lost" | null;
  /** How it goes: between browsers, through the media server, or not at all. */
  readonly by: "direct" | "sfu" | "none";
  readonly peers: readonly PeerView[];
  /** The session lets this person speak. */
  readonly maySpeak: boolean;
  readonly microphone: MicrophoneState;
  readonly isTalking: boolean;
  readonly level: number;
  /** The browser plays no sound before somebody touches the page. */
  readonly isSilenced: boolean;
  /** Who asked this person to mute; null: nobody, or it was done. */
  readonly hushedBy: string | null;
}

export const NO_CALL: CallView = {
  trouble: null,
  by: "direct",
  peers: [],
  maySpeak: false,
  microphone: "off",
  isTalking: false,
  level: 0,
  isSilenced: false,
  hushedBy: null,
};

/** 0 to 1 in few steps, so that a screen is not drawn anew for nothing; quiet speech shows. */
export function steps(level: number): number {
  return level < 0.005 ? 0 : Math.min(LEVELS, Math.ceil(Math.sqrt(level) * LEVELS));
}

function seen([client, { by, peer, isTalking }]: [string, Known]): PeerView {
  return {
    client,
    by,
    way: peer.way,
    isTalking,
    level: isTalking ? steps(peer.level) : 0,
    pictures: peer.way === "open" ? peer.pictures : null,
  };
}

/** The connections by which pictures go to those who look, some of them to several at once; and what probes them. */
export function lookedAt(
  peers: Iterable<Known>,
  shared: Iterable<RTCPeerConnection>,
): Map<RTCPeerConnection, Probe | null> {
  const looked = new Map<RTCPeerConnection, Probe | null>();
  for (const { looks, peer } of peers)
    if (looks && peer.isShown && peer.way === "open" && peer.sendingLine)
      looked.set(peer.sendingLine, peer.probe ?? null);
  for (const line of shared) looked.set(line, null);
  return looked;
}

export function viewOf(
  { you, isEnded, isElsewhere }: LiveView,
  told: { way: CallView["by"]; why?: CallView["trouble"] },
  peers: Iterable<[string, Known]>,
  microphone: Microphone,
  more: Pick<CallView, "isSilenced" | "hushedBy">,
): CallView {
  return {
    trouble: told.why ?? null,
    by: told.way,
    peers: [...peers].map(seen),
    maySpeak: maySpeak(you ?? undefined) && !isEnded && !isElsewhere,
    microphone: microphone.state,
    isTalking: microphone.isTalking,
    level: steps(microphone.level),
    ...more,
  };
}

export function isSame(a: CallView, b: CallView): boolean {
  const { peers: peersA, ...restA } = a;
  const { peers: peersB, ...restB } = b;
  return (
    isAlike(restA, restB) &&
    peersA.length === peersB.length &&
    peersA.every((peer, index) => isAlike(peer, peersB[index]!))
  );
}

function isAlike<T extends object>(a: T, b: T): boolean {
  return (Object.keys(a) as (keyof T)[]).every((key) => a[key] === b[key]);
}
