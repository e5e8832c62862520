/** Follows what the service says of the way: between browsers, through the media server, or not at all. */

import type { ServerMessage } from "@nearhand/contract";
import type { Live } from "../live";
import { Conference } from "./conference";
import type { Mine, Reach } from "./reach";
import { allowed, maySpeak } from "./rights";

type WayTold = Extract<ServerMessage, { type: "rtc.way" }>;

export interface WayOptions {
  readonly live: Live;
  readonly takesPictures: boolean;
  readonly run: string;
  readonly servers: () => Promise<readonly RTCIceServer[]>;
  readonly mine: () => Mine;
  /** Who is reached is others now; null: nobody is any more. */
  readonly reached: (others: ReadonlyMap<string, Reach & { readonly by: string }> | null) => void;
}

export class WayKeeper {
  told: Pick<WayTold, "way" | "why"> = { way: "direct", why: null };
  #conference: Conference | null = null;
  /** Counts what made an entering that is still under way void. */
  #life = 0;

  constructor(private readonly options: WayOptions) {}

  get isConferring(): boolean {
    return this.told.way === "sfu";
  }

  /** The connection to the media server by which this end sends. */
  get lines(): readonly RTCPeerConnection[] {
    const line = this.#conference?.sendingLine;
    return line ? [line] : [];
  }

  /** The same, while somebody looks at the pictures that go by it. */
  get lookedAt(): readonly RTCPeerConnection[] {
    return this.#conference?.isLookedAt ? this.lines : [];
  }

  async hear(message: ServerMessage): Promise<void> {
    switch (message.type) {
      case "rtc.way":
        return this.#wayTold(message);
      case "rtc.sfu_described":
      case "rtc.sfu_candidate_told":
      case "rtc.sfu_closed":
      case "rtc.sfu_watched":
        return this.#conference?.hear(message);
    }
  }

  send(mine: Mine): void {
    this.#conference?.send(mine);
  }

  /** Where no connection of two carries it, the service tells all who speaks. */
  talks(isTalking: boolean): void {
    const { live } = this.options;
    if (this.isConferring && maySpeak(live.get().you ?? undefined))
      live.put({ type: "rtc.talk", is_talking: isTalking });
  }

  /** Whether the pictures that come from the media server are looked at. */
  looks(looks: boolean): void {
    if (this.isConferring && this.options.takesPictures)
      this.options.live.put({ type: "rtc.sfu_look", looks });
  }

  close(): void {
    this.#life += 1;
    this.#conference?.close();
    this.#conference = null;
  }

  async #wayTold({ way, why, room, is_entered }: WayTold): Promise<void> {
    const before = this.told.way;
    this.told = { way, why };
    if (way === "sfu" && is_entered && this.#conference?.room === room) return;
    this.close();
    if (way !== "direct" || before !== "direct") this.options.reached(null);
    if (way === "sfu" && room != null) await this.#enter(room);
    else if (way === "direct" && before !== "direct")
      this.options.live.put({ type: "rtc.hail", to: null, run: this.options.run });
  }

  async #enter(room: string): Promise<void> {
    const { live, takesPictures, mine, reached } = this.options;
    const life = this.#life;
    const servers = await this.options.servers();
    const { you } = live.get();
    if (!you || life !== this.#life) return;
    const { sendsSound, sendsPictures } = allowed(you, undefined, takesPictures);
    const conference: Conference = (this.#conference = new Conference(
      {
        ...{ room, servers, takesPictures, sendsSound, sendsPictures },
        put: (message) => live.put(message),
        onChange: () => this.#conference === conference && reached(conference.others),
      },
      mine(),
    ));
  }
}
