/** Voice and live pictures of one session: who can be reached is connected to directly; marks never depend on it. */

import type { Participant, ServerMessage } from "@nearhand/contract";
import type { Directed, LiveView } from "../live";
import { randomId } from "../outbox";
import { type Store, type Unsubscribe, Value } from "../store";
import { type CallOptions, type CallView, isSame, type Known, lookedAt, NO_CALL, viewOf } from "./callView";
import { type DirectSeen, Gauge } from "./measure";
import { Microphone } from "./microphone";
import { Peer } from "./peer";
import type { Reach } from "./reach";
import { allowed, toServer } from "./rights";
import { Speaker } from "./speaker";
import { WayKeeper } from "./wayKeeper";

/** Others one is connected to directly: more would each cost a share of a phone's link. */
const MOST_PEERS = 2;
const METER_MS = 150;

export class Call implements Store<CallView> {
  readonly #value = new Value<CallView>(NO_CALL);
  readonly #peers = new Map<string, Known>();
  readonly #run = randomId(12);
  readonly #microphone = new Microphone(() => this.#microphoneChanged());
  readonly #way: WayKeeper;
  readonly #leave: Unsubscribe[];
  readonly #meter: ReturnType<typeof setInterval>;
  #pictures: MediaStreamTrack | null = null;
  #servers: readonly RTCIceServer[] = [];
  readonly #talking = new Map<string, boolean>();
  #hushedBy: string | null = null;
  #isSilenced = false;
  #looks = true;
  #bitPerS = 2_500_000;
  readonly #gauge = new Gauge();
  readonly #put = (message: Directed): void => this.options.live.put(message);
  #wasHere = false;
  /** What comes is taken in one after the other: the servers may have to be asked for first. */
  #queue: Promise<void> = Promise.resolve();

  constructor(private readonly options: CallOptions) {
    const { live, takesPictures } = options;
    this.#way = new WayKeeper({
      ...{ live, takesPictures, run: this.#run },
      servers: () => this.#findServers(),
      mine: () => this.#mine,
      reached: (others) => this.#reached(others),
    });
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
    this.#sendMine();
  }

  /** How the pictures fare that go to those who look: once of each connection by which they go. */
  readonly measure = (): Promise<DirectSeen[]> => {
    const peers = [...this.#peers.values()];
    const all = [...peers.flatMap(({ peer }) => peer.lines), ...this.#way.lines];
    return this.#gauge.measure(lookedAt(peers, this.#way.lookedAt), all);
  };

  /** Whether it is looked at how much the direct ways lose while no pictures go by them. */
  probe(wants: boolean): void {
    for (const { peer } of this.#peers.values()) peer.probe?.ask(wants);
  }

  /** What all connections carried, both ways, as of the last measure; those that have ended too. */
  get bytes(): number {
    return this.#gauge.bytes;
  }

  /** Pictures take no more than so many bits a second. */
  limit(bitPerS: number): void {
    if (bitPerS === this.#bitPerS) return;
    this.#bitPerS = bitPerS;
    this.#sendMine();
  }

  /** Whether the pictures that come are looked at: nobody need make what nobody sees. */
  look(looks: boolean): void {
    this.#looks = looks;
    for (const { peer } of this.#peers.values()) peer.say({ looks });
    this.#way.looks(looks);
  }

  /** Ask somebody to mute. */
  readonly hush = (client: string): void => this.#put({ type: "rtc.hush", to: client });

  /** After the person has touched the page, sound may be played. */
  unsilence(): void {
    this.#isSilenced = false;
    for (const { speaker } of this.#peers.values()) speaker.play();
    this.#publish();
  }

  close(): void {
    for (const leave of this.#leave) leave();
    clearInterval(this.#meter);
    for (const client of [...this.#peers.keys()]) {
      if (!this.#way.isConferring) this.#put({ type: "rtc.part", to: client });
      this.#drop(client);
    }
    this.#way.close();
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
        return void this.#direct(message)?.described(message.kind, message.sdp, message.offer ?? null);
      case "rtc.candidate_told":
        if (message.to_run !== this.#run) return;
        return this.#direct(message)?.candidateTold(message.candidate ?? null);
      case "rtc.hushed":
        if (!this.#microphone.isTalking) return;
        this.#hushedBy = message.by;
        return this.#publish();
      case "rtc.parted":
        if (!this.#way.isConferring) this.#drop(message.client);
        return this.#publish();
      case "rtc.talks":
        this.#talking.set(message.client, message.is_talking);
        return this.#said(message.client, { talking: message.is_talking });
      default:
        await this.#way.hear(message);
        if (message.type !== "rtc.way") return;
        this.#way.talks(this.#microphone.isTalking);
        if (!this.#looks) this.#way.looks(false);
        return this.#publish();
    }
  }

  #direct({ client, run }: { client: string; run: string }): Peer | null {
    const known = this.#peers.get(client);
    return known?.run === run && known.peer instanceof Peer ? known.peer : null;
  }

  #reached(others: ReadonlyMap<string, Reach & { readonly by: string }> | null): void {
    for (const [client, { peer }] of [...this.#peers]) if (others?.get(client) !== peer) this.#drop(client);
    for (const [client, peer] of others ?? []) {
      if (!this.#peers.has(client)) this.#keep(client, peer.by, null, peer);
      this.#peerChanged(client);
    }
    this.#publish();
  }

  /** Without their passwords there is still the direct way. */
  async #findServers(): Promise<readonly RTCIceServer[]> {
    const found = await this.options.servers().catch(() => null);
    return (this.#servers = found?.servers.map(toServer) ?? this.#servers);
  }

  async #hailed(client: string, by: string, run: string, isForAll: boolean): Promise<void> {
    const { you } = this.options.live.get();
    if (!you || by === you.id || this.#way.told.way !== "direct") return; // another device of the same person would hear itself
    const known = this.#peers.get(client);
    if (known?.run !== run) {
      this.#drop(client); // their page was loaded anew
      if (this.#peers.size >= MOST_PEERS) return;
      await this.#findServers();
      this.#meet(client, by, run, you);
    } else if (known.peer instanceof Peer) known.peer.isBack();
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
        findServers: () => this.#findServers(),
        isOpener,
        allowed: allowed(you, them, this.options.takesPictures),
        describe: (kind, sdp, offer) => this.#put({ type: "rtc.describe", ...about, kind, sdp, offer }),
        candidate: (candidate) => this.#put({ type: "rtc.candidate", ...about, candidate }),
        onChange: () => this.#peerChanged(client),
        onSaid: (said) => this.#said(client, said),
      },
      this.#mine,
    );
    this.#keep(client, by, run, peer);
    this.#publish();
  }

  #keep(client: string, by: string, run: string | null, peer: Reach): void {
    this.#peers.set(client, {
      by,
      run,
      peer,
      speaker: new Speaker(() => {
        this.#isSilenced = true;
        this.#publish();
      }),
      isTalking: this.#talking.get(client) ?? false,
      looks: true,
    });
  }

  #said(client: string, said: unknown): void {
    const known = this.#peers.get(client);
    if (!known || typeof said !== "object" || said === null) return;
    if ("talking" in said) known.isTalking = said.talking === true;
    if ("looks" in said) known.looks = said.looks === true;
    this.#publish();
  }

  // -- what changes here --

  #viewChanged(view: LiveView): void {
    const isHere = view.link.state === "open" && !view.awaitsState && !view.isEnded && !view.isElsewhere;
    if (isHere && !this.#wasHere) this.#put({ type: "rtc.hail", to: null, run: this.#run });
    this.#wasHere = isHere;
    if (view.isEnded) {
      this.#way.close();
      for (const client of [...this.#peers.keys()]) this.#drop(client);
      this.#microphone.talk(false);
    }
    this.#publish();
  }

  #microphoneChanged(): void {
    this.#sendMine();
    for (const { peer } of this.#peers.values()) peer.say({ talking: this.#microphone.isTalking });
    this.#way.talks(this.#microphone.isTalking);
    this.#publish();
  }

  #sendMine(): void {
    this.#way.send(this.#mine);
    for (const { peer } of this.#peers.values()) void peer.send(this.#mine);
  }

  #peerChanged(client: string): void {
    const known = this.#peers.get(client);
    if (!known) return;
    const { peer, speaker } = known;
    peer.say({ talking: this.#microphone.isTalking, looks: this.#looks });
    speaker.hear(peer.sound);
    this.#publish();
  }

  #drop(client: string): void {
    const known = this.#peers.get(client);
    this.#peers.delete(client);
    known?.peer.close();
    known?.speaker.close();
  }

  get #mine() {
    return { sound: this.#microphone.track, pictures: this.#pictures, bitPerS: this.#bitPerS };
  }

  #publish(): void {
    const next = viewOf(this.options.live.get(), this.#way.told, this.#peers, this.#microphone, {
      isSilenced: this.#isSilenced,
      hushedBy: this.#hushedBy,
    });
    if (!isSame(this.#value.get(), next)) this.#value.set(next);
  }
}
