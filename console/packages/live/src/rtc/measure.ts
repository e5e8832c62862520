/** How the pictures that go to somebody directly fare, from what the browser counts of its own connection. */

/** Between two looks. */
export interface DirectSeen {
  /** Pictures that left. */
  readonly sent: number;
  /** What the way carries, as the browser estimates; null: it does not say. */
  readonly bitPerS: number | null;
  readonly rttMs: number | null;
  /** 0 to 1. */
  readonly lost: number | null;
  /** The same of what was sent to see what is lost, there or back, while no pictures go; null: not known. */
  readonly probed: number | null;
  /** The device is too busy to make them as they are wanted. */
  readonly isBusy: boolean;
  /** Something came from the other end. */
  readonly isHeard: boolean;
}

/** Sums since the connection was made. */
export interface Counted {
  readonly frames: number;
  readonly packetsHeard: number;
}

/** Looks at connections again and again. */
export class Gauge {
  /** What all that were looked at have carried, both ways; without what the network adds. */
  bytes = 0;
  readonly #counted = new WeakMap<RTCPeerConnection, Counted>();
  readonly #carried = new WeakMap<RTCPeerConnection, number>();

  /** Of each that is looked at by the other side, once; of the others only what they carried. */
  async measure(
    looked: ReadonlyMap<RTCPeerConnection, { readonly lost: number | null } | null>,
    all: Iterable<RTCPeerConnection>,
  ): Promise<DirectSeen[]> {
    const lines = new Set([...looked.keys(), ...all]);
    const seen = await Promise.all([...lines].map((line) => this.#look(line)));
    // Those that are looked at come first.
    return [...looked.values()].map((probe, at) => ({ ...seen[at]!, probed: probe?.lost ?? null }));
  }

  async #look(line: RTCPeerConnection): Promise<Measured> {
    const report: Entry[] = [];
    (await line.getStats()).forEach((entry: Entry) => report.push(entry));
    const carried = carriedBy(report);
    this.bytes += Math.max(0, carried - (this.#carried.get(line) ?? 0));
    this.#carried.set(line, carried);
    const { seen, counted } = measured(report, this.#counted.get(line) ?? null);
    this.#counted.set(line, counted);
    return seen;
  }
}

type Measured = Omit<DirectSeen, "probed">;
type Entry = Readonly<Record<string, unknown>> & { readonly type: string };
const number = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** Sound, pictures, words and the answers to them; of browsers that count no transports, by the pairs of addresses. */
export function carriedBy(report: readonly Entry[]): number {
  const of = (kind: string) => report.filter(({ type }) => type === kind);
  const counted = of("transport").some((one) => number(one["bytesSent"]) !== null)
    ? "transport"
    : "candidate-pair";
  return of(counted).reduce(
    (sum, one) => sum + (number(one["bytesSent"]) ?? 0) + (number(one["bytesReceived"]) ?? 0),
    0,
  );
}

export function measured(
  report: Iterable<Entry>,
  before: Counted | null,
): { seen: Measured; counted: Counted } {
  const entries = [...report];
  // Pictures may go in several sizes: the one that gets furthest counts.
  const videos = entries.filter(({ type, kind }) => type === "outbound-rtp" && kind === "video");
  const sent = (one: Entry) => number(one["framesSent"]) ?? 0;
  const video = videos.reduce<Entry | undefined>((a, b) => (a && sent(a) >= sent(b) ? a : b), undefined);
  const theres = entries.filter(({ type, kind }) => type === "remote-inbound-rtp" && kind === "video");
  const there = theres.find(({ localId }) => localId !== undefined && localId === video?.["id"]) ?? theres[0];
  const transport = entries.find(({ type }) => type === "transport");
  const pair =
    entries.find(({ id }) => id !== undefined && id === transport?.["selectedCandidatePairId"]) ??
    entries.find(({ type, state }) => type === "candidate-pair" && state === "succeeded");
  const counted = {
    frames: video ? sent(video) : 0,
    packetsHeard: number(transport?.["packetsReceived"]) ?? number(pair?.["packetsReceived"]) ?? 0,
  };
  const rtt_s = number(there?.["roundTripTime"]) ?? number(pair?.["currentRoundTripTime"]);
  const seen = {
    sent: Math.max(0, counted.frames - (before?.frames ?? counted.frames)),
    bitPerS: number(pair?.["availableOutgoingBitrate"]),
    rttMs: rtt_s === null ? null : rtt_s * 1000,
    lost: number(there?.["fractionLost"]),
    isBusy: videos.some((one) => one["qualityLimitationReason"] === "cpu"),
    isHeard: counted.packetsHeard > (before?.packetsHeard ?? -1),
  };
  return { seen, counted };
}
