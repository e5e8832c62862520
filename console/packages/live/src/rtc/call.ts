/** Voice and live pictures of one session: who can be reached is connected to directly; marks never depend on it. */

import type { IceServers, Participant, ServerMessage } from "@nearhand/contract";
import type { Directed, Live, LiveView } from "../live";
import { randomId } from "../outbox";
import { type Store, type Unsubscribe, Value } from "../store";
import { type CallView, isSame, NO_CALL, steps } from "./callView";
import { Microphone } from "./microphone";
import { type Allowed, Peer } from "./peer";
import { maySpeak, mayShow, toServer } from "./rights";

/** Others one is connected to directly: more would each cost a share of a phone's link. */
const MOST_PEERS = 2;
const METER_MS = 150;

export interface CallOptions {
  readonly live: Live;
  readonly servers: () => Promise<IceServers>;
  /** A desk shows pictures, a phone does not. */
  readonly takesPictures: boolean;
}

interface Known {
  readonly by: string;
  readonly run: string;
  readonly peer: Peer;
  readonly speaker: HTMLAudioElement;
  isTalking: boolean;
}

export class Call implements Store<CallView> {
  readonly #value = new Value<CallView>(NO_CALL);
  readonly #peers = new Map<string, Known>();
  readonly #run = randomId(12);
  readonly #microphone = new Microphone(() => this.#microphoneChanged());
  readonly #leave: Unsubscribe[];
  readonly #meter: ReturnType<typeof setInterval>;
  #pictures: MediaStreamTrack | null = null;
  #servers: readonly RTCIceServer[] = [];
  #hushedBy: string | null = null;
  #isSilenced = false;
  #wasHere = false;
  /** What comes is taken in one after the other: the servers may have to be asked for first. */
  #queue: Promise<void> = Promise.resolve();

  constructor(private readonly options: CallOptions) {
    const { live } = options;
    this.#leave = [
      live.listen((message) => {
        this.#queue = this.#queue.then(() => this.#hear(message)).catch(() => undefined);
      }),
      live.subscribe((view) => this.#viewChanged(view)),
    ];
    this.#meter = setInterval(() => this.#peers.size > 0 && this.#publish(), METER_MS);
    this.#viewChanged(live.get());
  }

  get(): CallView {
    return this.#value.get();
  }

  /** What is said just now, here and by the others: for a recording. */
  sounds(): MediaStreamTrack[] {
    const others = [...this.#peers.values()].flatMap(({ peer }) => (peer.sound ? [peer.sound] : []));
    return this.#microphone.track ? [...others, this.#microphone.track] : others;
  }

  subscribe(listener: (view: CallView) => void): Unsubscribe {
    return this.#value.subscribe(listener);
  }

  /** Speak, or be silent. The first time, the browser asks for the microphone. */
  talk(wants: boolean): void {
    if (wants && !this.get().maySpeak) return;
    if (!wants) this.#hushedBy = null;
    this.#microphone.talk(wants);
  }

  /** The camera whose pictures go out; null: none. */
  film(pictures: MediaStreamTrack | null): void {
    this.#pictures = pictures;
    for (const { peer } of this.#peers.values()) void peer.send(this.#mine);
  }

  /** Ask somebody to mute. */
  hush(client: string): void {
    this.#put({ type: "rtc.hush", to: client });
  }

  /** After the person has touched the page, sound may be played. */
  unsilence(): void {
    this.#isSilenced = false;
    for (const { speaker } of this.#peers.values()) this.#play(speaker);
    this.#publish();
  }

  close(): void {
    for (const leave of this.#leave) leave();
    clearInterval(this.#meter);
    for (const client of [...this.#peers.keys()]) {
      this.#put({ type: "rtc.part", to: client });
      this.#drop(client);
    }
    this.#microphone.close();
    this.#publish();
  }

  // -- what comes over the session --

  async #hear(message: ServerMessage): Promise<void> {
    switch (message.type) {
      case "rtc.hailed":
        return this.#hailed(message.client, message.by, message.run, message.is_for_all);
      case "rtc.described":
        if (message.to_run !== this.#run) return;
        return void this.#known(message)?.peer.described(message.kind, message.sdp);
      case "rtc.candidate_told":
        if (message.to_run !== this.#run) return;
        return this.#known(message)?.peer.candidateTold(message.candidate ?? null);
      case "rtc.hushed":
        if (!this.#microphone.isTalking) return;
        this.#hushedBy = message.by;
        return this.#publish();
      case "rtc.parted":
        this.#drop(message.client);
        return this.#publish();
    }
  }

  #known({ client, run }: { client: string; run: string }): Known | null {
    const known = this.#peers.get(client);
    return known?.run === run ? known : null;
  }

  async #hailed(client: string, by: string, run: string, isForAll: boolean): Promise<void> {
    const { you } = this.options.live.get();
    if (!you || by === you.id) return; // another device of the same person would hear itself
    const known = this.#peers.get(client);
    if (known?.run !== run) {
      this.#drop(client); // their page was loaded anew
      if (this.#peers.size >= MOST_PEERS) return;
      // Without their passwords there is still the direct way.
      const found = await this.options.servers().catch(() => null);
      if (found) this.#servers = found.servers.map(toServer);
      this.#meet(client, by, run, you);
    }
    if (isForAll) this.#put({ type: "rtc.hail", to: client, run: this.#run });
  }

  #meet(client: string, by: string, run: string, you: Participant): void {
    const { live } = this.options;
    const isOpener = live.client > client;
    const them = live.get().participants.find(({ id }) => id === by);
    const about = { to: client, run: this.#run, to_run: run };
    const peer = new Peer(
      {
        servers: this.#servers,
        isOpener,
        allowed: this.#allowed(you, them),
        describe: (kind, sdp) => this.#put({ type: "rtc.describe", ...about, kind, sdp }),
        candidate: (candidate) => this.#put({ type: "rtc.candidate", ...about, candidate }),
        onChange: () => this.#peerChanged(client),
        onSaid: (said) => this.#said(client, said),
      },
      this.#mine,
    );
    this.#peers.set(client, { by, run, peer, speaker: new Audio(), isTalking: false });
    this.#publish();
  }

  #allowed(you: Participant, them: Participant | undefined): Allowed {
    return {
      sendsSound: maySpeak(you),
      takesSound: maySpeak(them),
      sendsPictures: mayShow(you) && !this.options.takesPictures,
      takesPictures: mayShow(them) && this.options.takesPictures,
    };
  }

  #said(client: string, said: unknown): void {
    const known = this.#peers.get(client);
    if (!known || typeof said !== "object" || said === null) return;
    if ("talking" in said) known.isTalking = said.talking === true;
    this.#publish();
  }

  // -- what changes here --

  #viewChanged(view: LiveView): void {
    const isHere = view.link.state === "open" && !view.awaitsState && !view.isEnded && !view.isElsewhere;
    if (isHere && !this.#wasHere) this.#put({ type: "rtc.hail", to: null, run: this.#run });
    this.#wasHere = isHere;
    if (view.isEnded) {
      for (const client of [...this.#peers.keys()]) this.#drop(client);
      this.#microphone.talk(false);
    }
    this.#publish();
  }

  #microphoneChanged(): void {
    for (const { peer } of this.#peers.values()) {
      void peer.send(this.#mine);
      peer.say({ talking: this.#microphone.isTalking });
    }
    this.#publish();
  }

  #peerChanged(client: string): void {
    const known = this.#peers.get(client);
    if (!known) return;
    const { peer, speaker } = known;
    peer.say({ talking: this.#microphone.isTalking });
    const [playing] = (speaker.srcObject as MediaStream | null)?.getTracks() ?? [];
    if (peer.sound && playing !== peer.sound) {
      speaker.srcObject = new MediaStream([peer.sound]);
      this.#play(speaker);
    }
    this.#publish();
  }

  #play(speaker: HTMLAudioElement): void {
    speaker.play().catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      this.#isSilenced = true;
      this.#publish();
    });
  }

  #drop(client: string): void {
    const known = this.#peers.get(client);
    if (!known) return;
    this.#peers.delete(client);
    known.peer.close();
    known.speaker.srcObject = null;
  }

  get #mine() {
    return { sound: this.#microphone.track, pictures: this.#pictures };
  }

  #put(message: Directed): void {
    this.options.live.put(message);
  }

  #publish(): void {
    const { you, isEnded, isElsewhere } = this.options.live.get();
    const next: CallView = {
      peers: [...this.#peers].map(([client, { by, peer, isTalking }]) => ({
        client,
        by,
        way: peer.way,
        isTalking,
        level: isTalking ? steps(peer.level) : 0,
        pictures: peer.way === "open" ? peer.pictures : null,
      })),
      maySpeak: maySpeak(you ?? undefined) && !isEnded && !isElsewhere,
      microphone: this.#microphone.state,
      isTalking: this.#microphone.isTalking,
      level: steps(this.#microphone.level),
      isSilenced: this.#isSilenced,
      hushedBy: this.#hushedBy,
    };
    if (!isSame(this.#value.get(), next)) this.#value.set(next);
  }
}
