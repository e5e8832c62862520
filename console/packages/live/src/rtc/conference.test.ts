import type { ServerMessage } from "@nearhand/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Directed } from "../live";
import { Conference } from "./conference";

/** A connection that agrees to everything. */
class FakeConnection {
  static all: FakeConnection[] = [];
  connectionState = "new";
  localDescription: { type: string; sdp: string } | null = null;
  isClosed = false;
  readonly taken: unknown[] = [];
  readonly sent: string[] = [];
  lost = 0;
  getStats = async () =>
    new Map([
      ["v", { type: "inbound-rtp", kind: "video", packetsReceived: 10 * this.lost, packetsLost: this.lost }],
    ]);
  readonly received = [{ track: { kind: "audio" }, getSynchronizationSources: () => [{ audioLevel: 0.4 }] }];
  onconnectionstatechange: (() => void) | null = null;
  onicecandidate: unknown = null;
  constructor(readonly configuration: RTCConfiguration) {
    FakeConnection.all.push(this);
  }
  getReceivers = () => this.received;
  addTransceiver(kind: string) {
    this.sent.push(kind);
    return {
      sender: {
        track: null,
        replaceTrack: async () => undefined,
        getParameters: () => ({ encodings: [] }),
        setParameters: async () => undefined,
      },
    };
  }
  async setLocalDescription() {
    this.localDescription = { type: "", sdp: `said ${FakeConnection.all.indexOf(this)}` };
  }
  async setRemoteDescription(description: unknown) {
    this.taken.push(description);
  }
  async addIceCandidate(candidate: unknown) {
    this.taken.push(candidate ?? null);
  }
  close = () => void (this.isClosed = true);
  become(state: string) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeConnection.all = [];
  vi.stubGlobal("RTCPeerConnection", FakeConnection);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function conference(sends = { sendsSound: true, sendsPictures: true }) {
  const told: Directed[] = [];
  const onChange = vi.fn();
  const made = new Conference(
    { room: "r", servers: [], takesPictures: true, ...sends, put: (message) => told.push(message), onChange },
    { sound: null, pictures: null, bitPerS: 1_000_000 },
  );
  return {
    conference: made,
    told,
    onChange,
    types: () => told.map(({ type }) => type),
    hear: async (message: object) => {
      made.hear(message as ServerMessage);
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

const offer = { type: "rtc.sfu_described", leg: "l1", kind: "offer", sdp: "theirs", client: "c", by: "P" };

test("it enters, offers what it sends, and takes the answer to that alone", async () => {
  const { told, hear } = conference();
  await vi.advanceTimersByTimeAsync(0);
  expect(told[0]).toEqual({ type: "rtc.sfu_enter", room: "r", takes_pictures: true });
  const described = told[1] as { leg: string };
  expect(described).toMatchObject({ type: "rtc.sfu_describe", kind: "offer", sdp: "said 0" });
  expect(FakeConnection.all[0]!.sent).toEqual(["audio", "video"]);
  await hear({ ...offer, kind: "answer", leg: "another", client: null, by: null });
  await hear({ ...offer, kind: "answer", leg: described.leg, client: null, by: null });
  expect(FakeConnection.all[0]!.taken).toEqual([{ type: "answer", sdp: "theirs" }]);
});

test("who only watches offers nothing", async () => {
  const { types } = conference({ sendsSound: false, sendsPictures: false });
  await vi.advanceTimersByTimeAsync(0);
  expect(types()).toEqual(["rtc.sfu_enter"]);
});

test("an offer is answered once, and what comes by it is theirs whose it is", async () => {
  const { conference: made, told, hear } = conference({ sendsSound: false, sendsPictures: false });
  await hear(offer);
  await hear(offer); // told again after a lost line
  expect(told.slice(1)).toEqual([{ type: "rtc.sfu_describe", leg: "l1", kind: "answer", sdp: "said 0" }]);
  const theirs = made.others.get("c")!;
  expect([theirs.by, theirs.way, theirs.level]).toEqual(["P", "seeking", 0.4]);
  FakeConnection.all[0]!.become("connected");
  expect(theirs.way).toBe("open");
});

test("another offer of the same leg is answered on the same connection", async () => {
  const { conference: made, told, hear } = conference({ sendsSound: false, sendsPictures: false });
  await hear(offer);
  await hear({ ...offer, sdp: "theirs, and their pictures" });
  expect(FakeConnection.all).toHaveLength(1);
  expect(FakeConnection.all[0]!.taken).toEqual([
    { type: "offer", sdp: "theirs" },
    { type: "offer", sdp: "theirs, and their pictures" },
  ]);
  expect(told.slice(1)).toHaveLength(2);
  expect(made.others.size).toBe(1);
});

test("of pictures that lose much on the way from the media server half the size is asked for", async () => {
  const { told, hear } = conference({ sendsSound: false, sendsPictures: false });
  await hear(offer);
  const [pc] = FakeConnection.all;
  pc!.received.push({ track: { kind: "video" }, getSynchronizationSources: () => [] });
  pc!.become("connected");
  for (let second = 0; second < 3; second++) {
    pc!.lost += 30;
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(told.slice(-1)).toEqual([{ type: "rtc.sfu_layer", leg: "l1", layer: "half" }]);
});

test("a newer offer of the same client takes the place of the old one", async () => {
  const { conference: made, hear } = conference({ sendsSound: false, sendsPictures: false });
  await hear(offer);
  await hear({ ...offer, leg: "l2" });
  expect(FakeConnection.all.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  expect(made.others.get("c")!.leg.id).toBe("l2");
});

test("what is to be closed is closed at once", async () => {
  const { conference: made, hear, onChange } = conference({ sendsSound: false, sendsPictures: false });
  await hear(offer);
  onChange.mockClear();
  await hear({ type: "rtc.sfu_closed", leg: "l1" });
  expect(FakeConnection.all[0]!.isClosed).toBe(true);
  expect(made.others.size).toBe(0);
  expect(onChange).toHaveBeenCalled();
});

test("a way that is lost is asked for anew, and one that comes back by itself is not", async () => {
  const { types, hear } = conference({ sendsSound: false, sendsPictures: false });
  await hear(offer);
  const [pc] = FakeConnection.all;
  pc!.become("connected");
  pc!.become("disconnected");
  await vi.advanceTimersByTimeAsync(2000);
  pc!.become("connected");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(types()).not.toContain("rtc.sfu_again");
  pc!.become("failed");
  await vi.advanceTimersByTimeAsync(0);
  expect(types()).toContain("rtc.sfu_again");
});

test("what one sends is offered anew, by another name, with growing pauses", async () => {
  const { told } = conference();
  const offers = () =>
    told.filter(({ type }) => type === "rtc.sfu_describe").map((one) => (one as { leg: string }).leg);
  await vi.advanceTimersByTimeAsync(0);
  FakeConnection.all[0]!.become("failed");
  await vi.advanceTimersByTimeAsync(1100);
  expect(offers().length).toBe(2);
  FakeConnection.all[1]!.become("failed");
  await vi.advanceTimersByTimeAsync(1100);
  expect(offers().length).toBe(2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(new Set(offers()).size).toBe(3);
});

test("what one sends is looked at once it flows, and as long as the service says so", async () => {
  const { conference: made, hear, onChange } = conference();
  expect(made.isLookedAt).toBe(false);
  await vi.advanceTimersByTimeAsync(0);
  FakeConnection.all[0]!.become("connected");
  expect(made.isLookedAt).toBe(true);
  onChange.mockClear();
  await hear({ type: "rtc.sfu_watched", is_watched: false });
  expect([made.isLookedAt, onChange.mock.calls.length]).toEqual([false, 1]);
  await hear({ type: "rtc.sfu_watched", is_watched: true });
  expect(made.isLookedAt).toBe(true);
});

test("closed, it closes all and tries nothing any more", async () => {
  const { conference: made, told, hear } = conference();
  await hear(offer);
  made.close();
  const before = told.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeConnection.all.every(({ isClosed }) => isClosed)).toBe(true);
  expect(told.length).toBe(before);
});
