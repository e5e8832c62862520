/** One connection with the media server: what one sends, or what one other client sends. */

import type { IceCandidate } from "@nearhand/contract";
import { fromWire, toWire } from "./candidates";
import type { Way } from "./reach";

const FIND_WITHIN_MS = 25_000;
const LOST_FOR_MS = 4_000;

export interface LegOptions {
  readonly id: string;
  readonly servers: readonly RTCIceServer[];
  readonly describe: (kind: "offer" | "answer", sdp: string) => void;
  readonly candidate: (candidate: IceCandidate | null) => void;
  readonly onChange: () => void;
  /** It found no way, or lost it: another one is to take its place. */
  readonly onOver: () => void;
}

export class Leg {
  way: Way = "seeking";
  readonly id: string;
  readonly pc: RTCPeerConnection;
  #queue: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #offer: string | undefined;

  constructor(private readonly options: LegOptions) {
    this.id = options.id;
    const pc = (this.pc = new RTCPeerConnection({ iceServers: [...options.servers] }));
    pc.onicecandidate = ({ candidate }) => options.candidate(candidate && toWire(candidate));
    pc.onconnectionstatechange = () => this.#changed();
    this.#over(FIND_WITHIN_MS);
  }

  /** Say what is sent. */
  offer(): void {
    this.#inTurn(async () => {
      await this.pc.setLocalDescription();
      this.options.describe("offer", this.pc.localDescription!.sdp);
    });
  }

  /** More than one offer may come, when what the other client sends is described anew. */
  described(kind: "offer" | "answer", sdp: string): void {
    if (kind === "offer") {
      if (sdp === this.#offer) return; // told again after a lost line
      this.#offer = sdp;
    }
    this.#inTurn(async () => {
      await this.pc.setRemoteDescription({ type: kind, sdp });
      if (kind === "answer") return;
      await this.pc.setLocalDescription();
      this.options.describe("answer", this.pc.localDescription!.sdp);
      this.options.onChange();
    });
  }

  candidateTold(candidate: IceCandidate | null): void {
    this.#inTurn(() => this.pc.addIceCandidate(candidate ? fromWire(candidate) : undefined));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.pc.close();
  }

  #changed(): void {
    const state = this.pc.connectionState;
    if (state === "connected") {
      clearTimeout(this.#timer);
      this.way = "open";
    } else if (state === "disconnected") {
      this.way = "lost"; // ICE may find it again by itself
      this.#over(LOST_FOR_MS);
    } else if (state === "failed") {
      this.#over(0);
    }
    this.options.onChange();
  }

  #over(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.way = "none";
      this.options.onOver();
    }, afterMs);
  }

  #inTurn(act: () => Promise<void>): void {
    this.#queue = this.#queue.then(act).catch((error: unknown) => {
      if (this.#isClosed) return;
      console.warn("voice and video:", error);
      this.#over(0);
    });
  }
}
