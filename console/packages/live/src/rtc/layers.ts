/** Whether pictures from the media server are taken whole or at half their size, by what is lost on the way from there. */

export type Layer = "whole" | "half";

/** Sums since the connection was made. */
export interface Taken {
  readonly packets: number;
  readonly lost: number;
}

const STRAINED = 0.05;
const CALM = 0.01;
const STRAINED_LOOKS = 2;
/** Calm looks before the whole size is tried again; each time that was too early, twice as many. */
const CALM_LOOKS = 10;
const MOST_CALM_LOOKS = 160;
/** Less tells nothing of a share. */
const LEAST_PACKETS = 10;

export class Layers {
  layer: Layer = "whole";
  #before: Taken | null = null;
  #strained = 0;
  #calm = 0;
  #patience = CALM_LOOKS;

  /** Once a second. */
  judge(now: Taken): Layer {
    const before = this.#before;
    if (before && now.packets >= before.packets) {
      const lost = Math.max(0, now.lost - before.lost);
      const all = now.packets - before.packets + lost;
      if (all < LEAST_PACKETS) return this.layer;
      this.#count(lost / all);
    }
    this.#before = now;
    return this.layer;
  }

  #count(share: number): void {
    this.#strained = share > STRAINED ? this.#strained + 1 : 0;
    this.#calm = share < CALM ? this.#calm + 1 : 0;
    if (this.layer === "whole" && this.#strained >= STRAINED_LOOKS) {
      this.layer = "half";
      this.#calm = 0;
    } else if (this.layer === "half" && this.#calm >= this.#patience) {
      this.layer = "whole";
      this.#patience = Math.min(MOST_CALM_LOOKS, 2 * this.#patience);
      this.#calm = 0;
    }
  }
}

/** Of the pictures that come by a connection. */
export async function taken(line: RTCPeerConnection): Promise<Taken> {
  let [packets, lost] = [0, 0];
  (await line.getStats()).forEach(
    ({ type, kind, packetsReceived, packetsLost }: RTCInboundRtpStreamStats) => {
      if (type !== "inbound-rtp" || kind !== "video") return;
      packets += packetsReceived ?? 0;
      lost += packetsLost ?? 0;
    },
  );
  return { packets, lost };
}
