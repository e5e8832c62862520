/** A call of one client, with connections that agree to everything: for tests. */

import type { Participant, ServerMessage } from "@nearhand/contract";
import { vi } from "vitest";
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
export class FakeConnection {
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
  createDataChannel = (label: string) => (label === "words" ? this.words : { readyState: "connecting" });
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

export const EXPERT: Participant = { id: "E", display_name: "An expert", role: "expert", guest: null };
export const PHONE: Participant = { id: "T", display_name: "A technician", role: "technician", guest: null };
export const WATCHER: Participant = { id: "W", display_name: "A guest", role: "observer", guest: "watch" };

export function session(client: string, you: Participant, takesPictures = true) {
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

export const hailed = (by: Participant, client = "m", run = "r1", is_for_all = true) => ({
  type: "rtc.hailed",
  by: by.id,
  client,
  run,
  is_for_all,
});
export const newest = () => FakeConnection.all.at(-1)!;

/** Fresh for each test, with time that moves only when told to. */
export function fakeAll(): void {
  vi.useFakeTimers();
  FakeConnection.all = [];
  vi.stubGlobal("RTCPeerConnection", FakeConnection);
  vi.stubGlobal("Audio", class { srcObject = null; play = async () => undefined; }); // prettier-ignore
  vi.stubGlobal("MediaStream", class { constructor(readonly tracks: unknown[]) {} getTracks = () => this.tracks; }); // prettier-ignore
}

export function unfakeAll(): void {
  vi.useRealTimers();
  vi.unstubAllGlobals();
}
