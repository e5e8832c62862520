import { describe, expect, test } from "vitest";
import { type Negotiable, Negotiation } from "./negotiation";

/** As the standard says a connection behaves; which offer an answer is of is checked. */
class FakeConnection implements Negotiable {
  signalingState: RTCSignalingState = "stable";
  localDescription: RTCSessionDescriptionInit | null = null;
  remote: string | null = null;
  agreed = "";
  candidates: string[] = [];
  #offers = 0;

  constructor(
    readonly name: string,
    private readonly pause: () => Promise<void>,
  ) {}

  async setLocalDescription(description?: { type: "rollback" }): Promise<void> {
    await this.pause();
    if (description) return void (this.signalingState = "stable");
    if (this.signalingState === "have-remote-offer") {
      this.localDescription = { type: "answer", sdp: `${this.name} answers ${this.remote}` };
      this.signalingState = "stable";
      this.agreed = this.remote!;
      return;
    }
    if (this.signalingState !== "stable" && this.signalingState !== "have-local-offer")
      throw new Error(this.signalingState);
    this.localDescription = { type: "offer", sdp: `${this.name}${++this.#offers}` };
    this.signalingState = "have-local-offer";
  }

  async setRemoteDescription({ type, sdp }: RTCSessionDescriptionInit): Promise<void> {
    await this.pause();
    if (type === "offer") {
      this.remote = sdp!;
      this.signalingState = "have-remote-offer";
      return;
    }
    if (this.signalingState !== "have-local-offer") throw new Error(`an answer while ${this.signalingState}`);
    const mine = this.localDescription!.sdp!;
    if (!sdp!.endsWith(` answers ${mine}`)) throw new Error(`${sdp} is none to ${mine}`);
    this.signalingState = "stable";
    this.agreed = mine;
  }

  async addIceCandidate(candidate?: RTCIceCandidateInit): Promise<void> {
    await this.pause();
    this.candidates.push(candidate?.candidate ?? "end");
  }
}

function seeded(seed: number): () => number {
  return () => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed / 2 ** 31;
  };
}

/** Two sides and a line that keeps the order and takes its time; all by chance, the same for the same seed. */
async function played(seed: number, steps: number, withdrawing = 0) {
  const random = seeded(seed);
  const errors: unknown[] = [];
  const pause = async () => {
    for (let wait = Math.floor(random() * 4); wait > 0; wait--) await Promise.resolve();
  };
  const lines: (() => Promise<void>)[][] = [[], []];
  const sides = (["a", "b"] as const).map((name, index) => {
    const pc = new FakeConnection(name, pause);
    const negotiation: Negotiation = new Negotiation(pc, {
      isPolite: index === 0,
      describe: (kind, sdp, offer) =>
        lines[index]!.push(() => sides[1 - index]!.negotiation.described(kind, sdp, offer)),
      prepareAnswer: pause,
      onError: (error) => errors.push(error),
    });
    return { pc, negotiation };
  });
  const deliver = async (from: number) => {
    const next = lines[from]!.shift();
    const taken = next?.();
    if (random() < 0.5) await taken;
  };
  for (let step = 0; step < steps; step++) {
    const who = random() < 0.5 ? 0 : 1;
    if (random() < 0.3 && sides[who]!.pc.signalingState === "stable") void sides[who]!.negotiation.offer();
    else if (random() < withdrawing)
      void sides[who]!.negotiation.withdraw().then(() => sides[who]!.negotiation.offer());
    else await deliver(who);
    await pause();
  }
  for (let round = 0; round < 200; round++) {
    await deliver(round % 2);
    await Promise.all(sides.map(({ negotiation }) => negotiation.settled()));
  }
  return { sides, errors, lines };
}

describe("perfect negotiation", () => {
  test("comes to rest with both sides agreed, whoever offers when", async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const { sides, errors, lines } = await played(seed, 40);
      const states = sides.map(({ pc }) => pc.signalingState);
      expect({ seed, states, errors, left: lines.flat().length }).toEqual({
        seed,
        states: ["stable", "stable"],
        errors: [],
        left: 0,
      });
      expect(sides[0]!.pc.agreed, `seed ${seed}`).toBe(sides[1]!.pc.agreed);
    }
  });

  test("what answers an offer that was withdrawn is not taken for the next one's answer", async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const { errors, lines } = await played(seed, 40, 0.2);
      expect({ seed, errors, left: lines.flat().length }).toEqual({ seed, errors: [], left: 0 });
    }
  });

  test("the impolite side's offer stands when both offer at once", async () => {
    const { sides, lines } = await played(0, 0);
    await Promise.all(sides.map(({ negotiation }) => negotiation.offer()));
    const [polite, impolite] = [lines[0]!.shift()!, lines[1]!.shift()!];
    await Promise.all([polite(), impolite()]);
    await lines[0]!.shift()!();
    expect(sides.map(({ pc }) => pc.agreed)).toEqual(["b1", "b1"]);
  });

  test("candidates are added in order, after the description that came before them", async () => {
    const { sides } = await played(0, 0);
    const { pc, negotiation } = sides[0]!;
    void negotiation.described("offer", "b7");
    void negotiation.candidate({ candidate: "one" });
    void negotiation.candidate(null);
    await negotiation.settled();
    expect(pc.candidates).toEqual(["one", "end"]);
  });

  test("an offer that was lost is withdrawn, and another can be made", async () => {
    const pc = new FakeConnection("a", async () => undefined);
    const told: string[] = [];
    const negotiation = new Negotiation(pc, {
      isPolite: false,
      describe: (_, sdp) => void told.push(sdp),
      prepareAnswer: async () => undefined,
      onError: (error) => expect.unreachable(String(error)),
    });
    await negotiation.offer();
    await negotiation.offer();
    expect(told).toEqual(["a1"]);
    await negotiation.withdraw();
    await negotiation.offer();
    expect(told).toEqual(["a1", "a2"]);
    await negotiation.described("answer", "b answers a2");
    await negotiation.withdraw();
    expect(pc.agreed).toBe("a2");
  });
});
