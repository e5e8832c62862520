/** The connection to one other client: sound each way, pictures one way, found again when the way is lost. */

import type { IceCandidate } from "@nearhand/contract";
import { fromWire, toWire } from "./candidates";
import { Negotiation } from "./negotiation";
import { Probe } from "./probe";
import type { Mine, Reach, Way } from "./reach";
import type { Allowed } from "./rights";
import { tuneSending } from "./sending";

export interface PeerOptions {
  readonly servers: readonly RTCIceServer[];
  /** The same with passwords of now. */
  readonly findServers: () => Promise<readonly RTCIceServer[]>;
  /** Of two sides one opens: it makes the first offer, and does not give way when both offer. */
  readonly isOpener: boolean;
  readonly allowed: Allowed;
  readonly describe: (kind: "offer" | "answer", sdp: string, offer: number | null) => void;
  readonly candidate: (candidate: IceCandidate | null) => void;
  /** Way, sound or pictures are others now. */
  readonly onChange: () => void;
  /** Small things said beside sound and pictures. */
  readonly onSaid: (said: unknown) => void;
}

const FIND_WITHIN_MS = 12_000;
const LONGEST_PAUSE_MS = 30_000;

export class Peer implements Reach {
  way: Way = "seeking";
  /** The other side's sound and pictures, once they come. */
  sound: MediaStreamTrack | null = null;
  pictures: MediaStreamTrack | null = null;
  readonly probe: Probe;
  readonly #pc: RTCPeerConnection;
  readonly #negotiation: Negotiation;
  readonly #words: RTCDataChannel;
  #audio: RTCRtpTransceiver | null = null;
  #video: RTCRtpTransceiver | null = null;
  #mine: Mine;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  #isClosed = false;

  constructor(
    private readonly options: PeerOptions,
    mine: Mine,
  ) {
    this.#mine = mine;
    const pc = (this.#pc = new RTCPeerConnection({ iceServers: [...options.servers] }));
    this.#negotiation = new Negotiation(
      pc as RTCPeerConnection & { localDescription: RTCSessionDescription },
      {
        isPolite: !options.isOpener,
        describe: options.describe,
        prepareAnswer: () => this.#join(),
        onError: (error) => this.#isClosed || console.warn("voice and video:", error),
      },
    );
    pc.onicecandidate = ({ candidate }) => options.candidate(candidate && toWire(candidate));
    pc.onconnectionstatechange = () => this.#wayChanged();
    // The same on both sides, so that they need no offers of their own.
    this.#words = pc.createDataChannel("words", { negotiated: true, id: 0 });
    const once = { negotiated: true, id: 1, ordered: false, maxRetransmits: 0 };
    this.probe = new Probe(pc.createDataChannel("probe", once));
    this.#words.onmessage = ({ data }) => options.onSaid(parsed(data));
    this.#words.onopen = () => options.onChange();
    this.#seek();
    if (options.isOpener) {
      const { audio, video } = directions(options.allowed);
      this.#audio = pc.addTransceiver("audio", { direction: audio });
      this.#video = pc.addTransceiver("video", { direction: video });
      void this.#attach();
      pc.onnegotiationneeded = () => void this.#negotiation.offer();
    }
  }

  described(kind: "offer" | "answer", sdp: string, offer: number | null): Promise<void> {
    return this.#negotiation.described(kind, sdp, offer).then(() => this.#take());
  }

  candidateTold(candidate: IceCandidate | null): void {
    void this.#negotiation.candidate(candidate && fromWire(candidate));
  }

  /** What goes out from now on; nothing is agreed on anew. */
  async send(mine: Mine): Promise<void> {
    this.#mine = mine;
    await this.#attach();
  }

  /** It was agreed that pictures go from here to there. */
  get isShown(): boolean {
    const agreed = this.#video?.currentDirection;
    return this.options.allowed.sendsPictures && (agreed === "sendonly" || agreed === "sendrecv");
  }

  get sendingLine(): RTCPeerConnection {
    return this.#pc;
  }

  get lines(): readonly RTCPeerConnection[] {
    return [this.#pc];
  }

  get canSay(): boolean {
    return this.#words.readyState === "open";
  }

  say(what: unknown): void {
    if (this.canSay) this.#words.send(JSON.stringify(what));
  }

  /** How loud they are now, 0 to 1. */
  get level(): number {
    if (this.way !== "open") return 0;
    return this.#audio?.receiver.getSynchronizationSources()[0]?.audioLevel ?? 0;
  }

  /** One of the two had lost the session's line and has it again: what was told meanwhile may be lost. */
  isBack(): void {
    if (this.way === "seeking") return; // not told yet, or just now
    this.#tries = 0;
    void this.#again();
  }

  close(): void {
    this.#isClosed = true;
    this.probe.ask(false);
    clearTimeout(this.#retry);
    this.#pc.close();
  }

  /** The side that answers takes the lines of the offer, in which sound comes first, then pictures. */
  async #join(): Promise<void> {
    if (this.#audio) return;
    const [audio, video] = this.#pc.getTransceivers();
    if (!audio || !video) return;
    [this.#audio, this.#video] = [audio, video];
    const allowed = directions(this.options.allowed);
    audio.direction = allowed.audio;
    video.direction = allowed.video;
    await this.#attach();
    this.#pc.onnegotiationneeded = () => void this.#negotiation.offer();
  }

  async #attach(): Promise<void> {
    const { sendsSound, sendsPictures } = this.options.allowed;
    const [audio, video] = [this.#audio?.sender, this.#video?.sender];
    if (!audio || !video) return;
    const { sound, pictures } = this.#mine;
    await Promise.all([
      audio.replaceTrack(sendsSound ? sound : null),
      video.replaceTrack(sendsPictures ? pictures : null),
    ]).catch(() => undefined); // closed meanwhile
    await tuneSending(audio, video, this.#mine);
  }

  #take(): void {
    const { takesSound, takesPictures } = this.options.allowed;
    this.sound = takesSound ? arriving(this.#audio) : null;
    this.pictures = takesPictures ? arriving(this.#video) : null;
    if (this.#video) (this.#video.receiver as { jitterBufferTarget?: number | null }).jitterBufferTarget = 0;
    this.options.onChange();
  }

  #wayChanged(): void {
    const state = this.#pc.connectionState;
    if (state === "connected") {
      this.#tries = 0;
      this.way = "open";
      this.#seek(); // ICE found it again by itself while an offer was out: perhaps to one end alone
    } else if (state === "disconnected") {
      this.way = "lost"; // ICE may find it again by itself
      this.#seek();
    } else if (state === "failed") {
      this.way = "lost";
      this.#notFound();
    }
    this.options.onChange();
  }

  #seek(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#notFound(), FIND_WITHIN_MS);
  }

  /** Both ends have agreed on it, and it is there. */
  get #isFound(): boolean {
    return this.way === "open" && this.#pc.signalingState === "stable";
  }

  /** Look for a way once more, with growing pauses: the network may become another one. */
  #notFound(): void {
    clearTimeout(this.#retry);
    if (this.#isClosed || this.#isFound) return;
    if (this.way !== "open") this.way = "none";
    this.options.onChange();
    const pause = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** this.#tries++);
    this.#retry = setTimeout(() => void this.#again(), pause);
  }

  /** With an offer that nothing has become of withdrawn, and other passwords: those from before may have run out. */
  async #again(): Promise<void> {
    const servers = await this.options.findServers();
    if (this.#isClosed || this.#isFound) return;
    await this.#negotiation.withdraw();
    this.#pc.setConfiguration({ ...this.#pc.getConfiguration(), iceServers: [...servers] });
    if (this.options.isOpener) this.#pc.restartIce();
    this.#seek();
  }
}

function directions(allowed: Allowed): {
  audio: RTCRtpTransceiverDirection;
  video: RTCRtpTransceiverDirection;
} {
  return {
    audio: direction(allowed.sendsSound, allowed.takesSound),
    video: direction(allowed.sendsPictures, allowed.takesPictures),
  };
}

function direction(sends: boolean, takes: boolean): RTCRtpTransceiverDirection {
  if (sends) return takes ? "sendrecv" : "sendonly";
  return takes ? "recvonly" : "inactive";
}

function arriving(line: RTCRtpTransceiver | null): MediaStreamTrack | null {
  const agreed = line?.currentDirection;
  return agreed === "sendrecv" || agreed === "recvonly" ? line!.receiver.track : null;
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return null;
  }
}
