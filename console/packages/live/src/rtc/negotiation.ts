/** Perfect negotiation: offers, answers and candidates of one connection, also when both sides offer at once. */

/** What of RTCPeerConnection it uses. */
export interface Negotiable {
  readonly signalingState: RTCSignalingState;
  readonly localDescription: RTCSessionDescriptionInit | null;
  setLocalDescription(description?: { type: "rollback" }): Promise<void>;
  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void>;
  addIceCandidate(candidate?: RTCIceCandidateInit): Promise<void>;
}

export interface NegotiationOptions {
  /** Gives way when both offer at once. Of two sides exactly one is polite. */
  readonly isPolite: boolean;
  /** `offer`: which offer of its maker it is, or answers. */
  readonly describe: (kind: "offer" | "answer", sdp: string, offer: number | null) => void;
  /** The other side's offer is in place: match what one sends to it before it is answered. */
  readonly prepareAnswer: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export class Negotiation {
  /** Ours stands against an offer that was ignored: its candidates are of no use either. */
  #isIgnoring = false;
  /** How many offers were made here. */
  #made = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly pc: Negotiable,
    private readonly options: NegotiationOptions,
  ) {}

  /** Something has to be agreed on (`negotiationneeded`). While the other side's offer is at work, it comes again. */
  offer(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.pc.signalingState !== "stable") return;
      await this.pc.setLocalDescription();
      this.#tell(++this.#made);
    });
  }

  /** Our offer, or the answer to it, was lost on the way: without this nothing could be offered any more. */
  withdraw(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.pc.signalingState === "have-local-offer")
        await this.pc.setLocalDescription({ type: "rollback" });
    });
  }

  /** The other side's description, in the order in which they come. Clients that do not count leave `offer` out. */
  described(kind: "offer" | "answer", sdp: string, offer: number | null = null): Promise<void> {
    return this.#inTurn(async () => {
      if (kind === "answer") {
        // An answer to what was rolled back meanwhile.
        if (this.pc.signalingState !== "have-local-offer") return;
        if (offer !== null && offer !== this.#made) return;
        await this.pc.setRemoteDescription({ type: kind, sdp });
        return;
      }
      this.#isIgnoring = !this.options.isPolite && this.pc.signalingState !== "stable";
      if (this.#isIgnoring) return;
      await this.pc.setRemoteDescription({ type: kind, sdp }); // rolls back an offer of our own
      await this.options.prepareAnswer();
      await this.pc.setLocalDescription();
      this.#tell(offer);
    });
  }

  candidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    return this.#inTurn(async () => {
      try {
        await this.pc.addIceCandidate(candidate ?? undefined);
      } catch (error) {
        if (!this.#isIgnoring) throw error;
      }
    });
  }

  /** When all that has come is taken in. */
  settled(): Promise<void> {
    return this.#queue;
  }

  #tell(offer: number | null): void {
    const { type, sdp } = this.pc.localDescription ?? {};
    if (sdp && (type === "offer" || type === "answer")) this.options.describe(type, sdp, offer);
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(act).catch((error: unknown) => this.options.onError(error));
    return this.#queue;
  }
}
