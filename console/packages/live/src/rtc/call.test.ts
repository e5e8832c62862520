import type { Participant, ServerMessage } from "@nearhand/contract";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Directed, Live, LiveView } from "../live";
import { EMPTY_SESSION } from "../session";
import { Call } from "./call";

class FakeTransceiver {
  currentDirection: string | null = null;
  readonly receiver: object;
  readonly sender = {
    track: null,
    replaceTrack: vi.fn(async () => undefined),
    getParameters: () => ({ encodings: [] }),
    setParameters: async () => undefined,
  };
  constructor(
    kind: string,
    public direction: string,
  ) {
    this.receiver = { track: { kind }, getSynchronizationSources: () => [{ audioLevel: 0.2 }] };
  }
}

/** A connection that agrees to everything. */
class FakeConnection {
  static all: FakeConnection[] = [];
  connectionState = "new";
  signalingState = "stable";
  localDescription: { type: string; sdp: string } | null = null;
  isClosed = false;
  restarts = 0;
  readonly lines: FakeTransceiver[] = [];
  readonly words = { readyState: "open", send: vi.fn(), onmessage: null, onopen: null };
  onnegotiationneeded: (() => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  onicecandidate: unknown = null;
  constructor(public configuration: RTCConfiguration) {
    FakeConnection.all.push(this);
  }
  getConfiguration = () => this.configuration;
  setConfiguration = (configuration: RTCConfiguration) => void (this.configuration = configuration);
  createDataChannel = () => this.words;
  getTransceivers = () => this.lines;
  addTransceiver(kind: string, { direction }: { direction: string }) {
    const line = new FakeTransceiver(kind, direction);
    this.lines.push(line);
    queueMicrotask(() => this.onnegotiationneeded?.());
    return line;
  }
  async setLocalDescription(description?: { type: string }) {
    if (description?.type === "rollback") return void (this.signalingState = "stable");
    const isAnswer = this.signalingState === "have-remote-offer";
    this.signalingState = isAnswer ? "stable" : "have-local-offer";
    this.localDescription = { type: isAnswer ? "answer" : "offer", sdp: "mine" };
  }
  async setRemoteDescription({ type }: { type: string }) {
    this.signalingState = type === "offer" ? "have-remote-offer" : "stable";
    if (type === "offer")
      this.lines.push(new FakeTransceiver("audio", "recvonly"), new FakeTransceiver("video", "recvonly"));
  }
  async addIceCandidate() {}
  restartIce = () => void (this.restarts += 1);
  close = () => void (this.isClosed = true);
  become(state: string) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

const EXPERT: Participant = { id: "E", display_name: "An expert", role: "expert", guest: null };
const PHONE: Participant = { id: "T", display_name: "A technician", role: "technician", guest: null };
const WATCHER: Participant = { id: "W", display_name: "A guest", role: "observer", guest: "watch" };

function session(client: string, you: Participant, takesPictures = true) {
  const told: Directed[] = [];
  let [listener, watcher] = [(_: ServerMessage) => {}, (_: LiveView) => {}];
  let view = {
    ...EMPTY_SESSION,
    awaitsState: false,
    you,
    participants: [EXPERT, PHONE, WATCHER],
    link: { state: "open" },
  } as unknown as LiveView;
  const live = {
    client,
    get: () => view,
    put: (message: Directed) => told.push(message),
    listen: (act: typeof listener) => ((listener = act), () => {}),
    subscribe: (act: typeof watcher) => ((watcher = act), () => {}),
  } as unknown as Live;
  const servers = vi.fn(async () => ({
    servers: [{ urls: ["turn:t"], username: "u", credential: "c" }],
    until: "",
  }));
  const call = new Call({ live, takesPictures, servers });
  const run = (told[0] as { run: string }).run;
  return {
    call,
    told,
    run,
    servers,
    hear: async (message: object) => {
      listener(message as ServerMessage);
      await vi.advanceTimersByTimeAsync(0);
    },
    change: (changes: Partial<LiveView>) => watcher((view = { ...view, ...changes })),
  };
}

const hailed = (by: Participant, client = "m", run = "r1", is_for_all = true) => ({
  type: "rtc.hailed",
  by: by.id,
  client,
  run,
  is_for_all,
});
const newest = () => FakeConnection.all.at(-1)!;
const directions = () => newest().lines.map(({ direction }) => direction);

beforeEach(() => {
  vi.useFakeTimers();
  FakeConnection.all = [];
  vi.stubGlobal("RTCPeerConnection", FakeConnection);
  vi.stubGlobal("Audio", class { srcObject = null; play = async () => undefined; }); // prettier-ignore
  vi.stubGlobal("MediaStream", class { constructor(readonly tracks: unknown[]) {} getTracks = () => this.tracks; }); // prettier-ignore
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("meeting", () => {
  test("a hail for all is hailed back once per page, and one of two sides offers", async () => {
    const [opener, other] = [session("z", EXPERT), session("a", EXPERT)];
    for (const one of [opener, other]) {
      expect(one.told).toEqual([{ type: "rtc.hail", to: null, run: one.run }]);
      await one.hear(hailed(PHONE));
      await one.hear(hailed(PHONE));
      expect(one.told.slice(1, 2)).toEqual([{ type: "rtc.hail", to: "m", run: one.run }]);
    }
    expect(FakeConnection.all).toHaveLength(2);
    expect(opener.told.filter(({ type }) => type === "rtc.describe")).toMatchObject([
      { to: "m", run: opener.run, to_run: "r1", kind: "offer" },
    ]);
    expect(other.told.some(({ type }) => type === "rtc.describe")).toBe(false);
  });

  test("a page that was loaded anew takes the place of the old one, whose words are no longer heard", async () => {
    const me = session("a", EXPERT);
    await me.hear(hailed(PHONE, "m", "r1"));
    const old = newest();
    await me.hear(hailed(PHONE, "m", "r2"));
    expect(old.isClosed).toBe(true);
    const described = { type: "rtc.described", client: "m", to_run: me.run, kind: "offer", sdp: "theirs" };
    await me.hear({ ...described, run: "r1" });
    await me.hear({ ...described, run: "r2", to_run: "of an older page of mine" });
    expect(newest().lines).toHaveLength(0);
    await me.hear({ ...described, run: "r2" });
    expect(newest().lines).toHaveLength(2);
    expect(me.told.at(-1)).toMatchObject({ type: "rtc.describe", kind: "answer" });
  });

  test("at most two others are connected to, and no device of the same person", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(EXPERT, "mine"));
    for (const client of ["b", "c", "d"]) await me.hear(hailed(PHONE, client));
    expect(me.call.get().peers.map(({ client }) => client)).toEqual(["b", "c"]);
  });

  test("the servers' passwords are asked for, and without an answer there is the direct way", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE, "b"));
    expect(newest().configuration.iceServers).toEqual([{ urls: ["turn:t"], username: "u", credential: "c" }]);
    const alone = session("z", EXPERT);
    alone.servers.mockRejectedValueOnce(new Error("out of reach"));
    await alone.hear(hailed(PHONE, "b"));
    expect(newest().configuration.iceServers).toEqual([]);
  });
});

describe("what is taken of whom", () => {
  test.each([
    [EXPERT, PHONE, true, ["sendrecv", "recvonly"]],
    [PHONE, EXPERT, false, ["sendrecv", "sendonly"]],
    [EXPERT, WATCHER, true, ["sendonly", "inactive"]],
    [WATCHER, PHONE, true, ["recvonly", "recvonly"]],
  ] as const)("%o from %o", async (you, them, takesPictures, expected) => {
    const opener = session("z", you, takesPictures);
    await opener.hear(hailed(them));
    expect(directions()).toEqual(expected);
    const answering = session("a", you, takesPictures);
    await answering.hear(hailed(them));
    await answering.hear({ type: "rtc.described", client: "m", run: "r1", to_run: answering.run, kind: "offer", sdp: "x" }); // prettier-ignore
    expect(directions()).toEqual(expected);
  });

  test("who may only watch has no button to speak", () => {
    const guest = session("z", WATCHER);
    guest.call.talk(true);
    expect(guest.call.get()).toMatchObject({ maySpeak: false, microphone: "off", isTalking: false });
  });
});

describe("the end", () => {
  test("parted by the service, the connection is closed at once", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE));
    await me.hear({ type: "rtc.parted", client: "m" });
    expect(newest().isClosed).toBe(true);
    expect(me.call.get().peers).toEqual([]);
  });

  test("a session that ends closes all", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE));
    me.change({ isEnded: true });
    expect(newest().isClosed).toBe(true);
  });

  test("a short loss of the session's line closes nothing, and one hails again afterwards", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE));
    me.change({ link: { state: "connecting" } });
    expect(newest().isClosed).toBe(false);
    expect(me.call.get().maySpeak).toBe(true);
    me.change({ link: { state: "open" } });
    expect(me.told.filter((one) => one.type === "rtc.hail" && one.to === null)).toHaveLength(2);
  });

  test("without a way it says so and looks again with growing pauses, until there is one", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE));
    const way = () => me.call.get().peers[0]?.way;
    expect(way()).toBe("seeking");
    await vi.advanceTimersByTimeAsync(12_000);
    expect([way(), newest().restarts]).toEqual(["none", 0]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(newest().restarts).toBe(1);
    await vi.advanceTimersByTimeAsync(14_000);
    expect([way(), newest().restarts]).toEqual(["none", 2]);
    newest().become("connected");
    expect(way()).toBe("open");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(newest().restarts).toBe(2);
    newest().become("disconnected");
    expect(way()).toBe("lost");
    newest().become("failed");
    await vi.advanceTimersByTimeAsync(1000);
    expect([way(), newest().restarts]).toEqual(["none", 3]);
  });

  test("a way is looked for again with passwords of now, by either side", async () => {
    for (const client of ["z", "a"]) {
      const me = session(client, EXPERT);
      await me.hear(hailed(PHONE));
      newest().configuration.iceTransportPolicy = "relay";
      const servers = [{ urls: ["turn:t"], username: "later", credential: "d" }];
      me.servers.mockResolvedValueOnce({ servers, until: "" });
      newest().become("failed");
      await vi.advanceTimersByTimeAsync(1000);
      expect(newest().configuration).toEqual({ iceTransportPolicy: "relay", iceServers: servers });
      me.call.close();
    }
  });
});
