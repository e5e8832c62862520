/** Voice and pictures through the media server: one connection for what one sends, one for each other client. */

import type { ServerMessage } from "@nearhand/contract";
import type { Directed } from "../live";
import { randomId } from "../outbox";
import { Leg, type LegOptions } from "./leg";
import type { Mine, Reach, Way } from "./reach";
import { type Layer, Layers, taken } from "./layers";
import { SIZES, tuneSending } from "./sending";

const LONGEST_PAUSE_MS = 30_000;
const LOOK_MS = 1000;
type Described = Extract<ServerMessage, { type: "rtc.sfu_described" }>;

export interface ConferenceOptions {
  readonly room: string;
  readonly servers: readonly RTCIceServer[];
  readonly takesPictures: boolean;
  readonly sendsSound: boolean;
  readonly sendsPictures: boolean;
  readonly put: (message: Directed) => void;
  readonly onChange: () => void;
}

/** What one other client sends, as it comes from the media server. */
export class Relayed implements Reach {
  readonly #layers = new Layers();

  constructor(
    readonly by: string,
    readonly leg: Leg,
    private readonly conference: Conference,
  ) {}

  get way(): Way {
    return this.leg.way;
  }

  get sound(): MediaStreamTrack | null {
    return this.#receiver("audio")?.track ?? null;
  }

  get pictures(): MediaStreamTrack | null {
    return this.#receiver("video")?.track ?? null;
  }

  /** Who looks at what goes to the media server, the service says: {@link Conference.isLookedAt}. */
  readonly isShown = false;

  get sendingLine(): RTCPeerConnection | null {
    return this.conference.sendingLine;
  }

  get lines(): readonly RTCPeerConnection[] {
    return [this.leg.pc];
  }

  get level(): number {
    return this.#receiver("audio")?.getSynchronizationSources()[0]?.audioLevel ?? 0;
  }

  /** The size that this line carries, where it is another one than before. */
  async look(): Promise<Layer | null> {
    if (this.way !== "open" || !this.pictures) return null;
    const before = this.#layers.layer;
    const layer = this.#layers.judge(await taken(this.leg.pc));
    return layer === before ? null : layer;
  }

  async send(): Promise<void> {} // once, to the media server, for all

  say(): void {} // what has to be said to all is told by the service

  close(): void {
    this.leg.close();
  }

  #receiver(kind: string): RTCRtpReceiver | undefined {
    return this.leg.pc.getReceivers().find(({ track }) => track.kind === kind);
  }
}

export class Conference {
  readonly room: string;
  /** By client. */
  readonly others = new Map<string, Relayed>();
  #sending: Leg | null = null;
  #audio: RTCRtpSender | null = null;
  #video: RTCRtpSender | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  #isWatched = true;
  readonly #looking: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly options: ConferenceOptions,
    private mine: Mine,
  ) {
    this.room = options.room;
    options.put({ type: "rtc.sfu_enter", room: options.room, takes_pictures: options.takesPictures });
    this.#offer();
    if (options.takesPictures) this.#looking = setInterval(() => void this.#look(), LOOK_MS);
  }

  /** Pictures go to the media server, and from there to somebody who looks at them. */
  get isLookedAt(): boolean {
    return this.#video !== null && this.#sending?.way === "open" && this.#isWatched;
  }

  get sendingLine(): RTCPeerConnection | null {
    return this.#sending?.pc ?? null;
  }

  hear(message: ServerMessage): void {
    switch (message.type) {
      case "rtc.sfu_described":
        if (message.kind === "offer") return this.#offered(message);
        return void (this.#sending?.id === message.leg && this.#sending.described("answer", message.sdp));
      case "rtc.sfu_candidate_told":
        return void this.#leg(message.leg)?.candidateTold(message.candidate ?? null);
      case "rtc.sfu_closed":
        return this.#closed(message.leg);
      case "rtc.sfu_watched":
        this.#isWatched = message.is_watched;
        return this.options.onChange();
    }
  }

  send(mine: Mine): void {
    this.mine = mine;
    void this.#attach();
  }

  close(): void {
    clearTimeout(this.#retry);
    clearInterval(this.#looking);
    this.#sending?.close();
    for (const other of this.others.values()) other.close();
    this.others.clear();
  }

  #offer(): void {
    const { sendsSound, sendsPictures } = this.options;
    this.#sending?.close();
    [this.#sending, this.#audio, this.#video] = [null, null, null];
    this.#isWatched = true;
    if (!sendsSound && !sendsPictures) return;
    const leg = (this.#sending = new Leg(this.#legOptions(randomId(12), () => this.#offerAgain(leg))));
    const line = (kind: string, sendEncodings?: RTCRtpEncodingParameters[]) =>
      leg.pc.addTransceiver(kind, { direction: "sendonly", ...(sendEncodings && { sendEncodings }) }).sender;
    if (sendsSound) this.#audio = line("audio");
    if (sendsPictures) this.#video = line("video", SIZES);
    void this.#attach();
    leg.offer();
  }

  #offerAgain(leg: Leg): void {
    if (this.#sending !== leg) return;
    leg.close();
    this.options.onChange();
    const pause = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** this.#tries++);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#offer(), pause);
  }

  async #attach(): Promise<void> {
    const { sound, pictures } = this.mine;
    await Promise.all([this.#audio?.replaceTrack(sound), this.#video?.replaceTrack(pictures)]).catch(
      () => undefined, // closed meanwhile
    );
    await tuneSending(this.#audio, this.#video, this.mine);
  }

  #offered({ leg: id, client, by, sdp }: Described): void {
    if (client == null || by == null) return;
    const known = this.others.get(client);
    if (known?.leg.id === id) return known.leg.described("offer", sdp);
    known?.close();
    const leg = new Leg(this.#legOptions(id, () => this.options.put({ type: "rtc.sfu_again", leg: id })));
    this.others.set(client, new Relayed(by, leg, this));
    leg.described("offer", sdp);
    this.options.onChange();
  }

  #closed(id: string): void {
    for (const [client, { leg }] of this.others) {
      if (leg.id !== id) continue;
      leg.close();
      this.others.delete(client);
    }
    if (this.#sending?.id === id) this.#offerAgain(this.#sending);
    this.options.onChange();
  }

  async #look(): Promise<void> {
    for (const other of this.others.values()) {
      const layer = await other.look().catch(() => null); // closed meanwhile
      if (layer) this.options.put({ type: "rtc.sfu_layer", leg: other.leg.id, layer });
    }
  }

  #leg(id: string): Leg | undefined {
    const legs = [this.#sending, ...[...this.others.values()].map(({ leg }) => leg)];
    return legs.find((leg) => leg?.id === id) ?? undefined;
  }

  #legOptions(id: string, onOver: () => void): LegOptions {
    const { servers, put, onChange } = this.options;
    return {
      id,
      servers,
      describe: (kind, sdp) => put({ type: "rtc.sfu_describe", leg: id, kind, sdp }),
      candidate: (candidate) => put({ type: "rtc.sfu_candidate", leg: id, candidate }),
      onChange: () => {
        if (this.#sending?.id === id && this.#sending.way === "open") this.#tries = 0;
        for (const { leg } of this.others.values()) wishNoDelay(leg.pc);
        onChange();
      },
      onOver,
    };
  }
}

function wishNoDelay(pc: RTCPeerConnection): void {
  for (const receiver of pc.getReceivers())
    if (receiver.track.kind === "video")
      (receiver as { jitterBufferTarget?: number | null }).jitterBufferTarget = 0;
}
