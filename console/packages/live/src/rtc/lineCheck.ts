/** Tries, from this browser and where it is now, every way that a session may take. */

import type { IceServers } from "@nearhand/contract";
import { toServer } from "./rights";

const WITHIN_MS = 6_000;
const ROUNDS = 3;
const REFUSED = 401;

/** `unset`: there is no such server. `refused`: it is there, and does not take our password. */
export type Reached = "yes" | "no" | "unset" | "refused";
export type Device = "yes" | "no" | "denied" | "insecure";

export interface Relay {
  readonly url: string;
  readonly reached: Reached;
}

export interface LineReport {
  /** There and back to the service, in milliseconds; null: out of reach. */
  readonly roundTripMs: number | null;
  readonly socket: Reached;
  readonly stun: Reached;
  readonly relays: readonly Relay[];
  readonly microphone: Device;
  readonly camera: Device;
}

export interface LineOptions {
  readonly servers: () => Promise<IceServers>;
  /** Something small that is answered by the service. */
  readonly ask: () => Promise<unknown>;
  /** A WebSocket of the service, which may close it as soon as it is open. */
  readonly socket: () => WebSocket;
}

export async function checkLine({ servers, ask, socket }: LineOptions): Promise<LineReport> {
  const [roundTripMs, opened, found, microphone, camera] = await Promise.all([
    roundTrip(ask),
    opens(socket),
    servers().catch(() => null),
    device("audioinput", "microphone"),
    device("videoinput", "camera"),
  ]);
  const known = found?.servers.map(toServer) ?? [];
  const stuns = known.filter(({ urls }) => [urls].flat().some((url) => url.startsWith("stun")));
  const turns = known.flatMap((server) =>
    [server.urls].flat().flatMap((url) => (url.startsWith("turn") ? [{ ...server, urls: url }] : [])),
  );
  const [stun, ...relays] = await Promise.all([
    stuns.length > 0 ? gathers(stuns, "srflx") : ("unset" as const),
    ...turns.map(async (server) => ({ url: server.urls, reached: await gathers([server], "relay") })),
  ]);
  return { roundTripMs, socket: opened, stun, relays, microphone, camera };
}

/** The best of some. */
async function roundTrip(ask: () => Promise<unknown>): Promise<number | null> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    try {
      await ask();
    } catch {
      return null;
    }
    times.push(performance.now() - began);
  }
  return Math.round(Math.min(...times));
}

function opens(open: () => WebSocket): Promise<Reached> {
  return within<Reached>("no", (done) => {
    const socket = open();
    socket.onopen = () => done("yes");
    socket.onerror = () => done("no");
    return () => socket.close();
  });
}

/** Whether the browser finds this kind of way through these servers. */
function gathers(servers: RTCIceServer[], kind: "srflx" | "relay"): Promise<Reached> {
  return within<Reached>("no", (done) => {
    const iceTransportPolicy = kind === "relay" ? "relay" : "all";
    const pc = new RTCPeerConnection({ iceServers: servers, iceTransportPolicy });
    let isRefused = false;
    pc.onicecandidate = ({ candidate }) => {
      if (candidate?.type === kind) done("yes");
      else if (candidate === null) done(isRefused ? "refused" : "no");
    };
    pc.onicecandidateerror = ({ errorCode }) => {
      isRefused ||= errorCode === REFUSED;
      if (isRefused) done("refused");
    };
    pc.createDataChannel("check");
    void pc.setLocalDescription();
    return () => pc.close();
  });
}

/** Nothing is switched on: whether one is there, and whether the browser was told not to give it. */
async function device(kind: MediaDeviceKind, name: string): Promise<Device> {
  if (!navigator.mediaDevices?.enumerateDevices) return "insecure";
  const found = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  if (!found.some((one) => one.kind === kind)) return "no";
  const permission = await navigator.permissions?.query({ name: name as PermissionName }).catch(() => null); // a browser that does not know the word
  return permission?.state === "denied" ? "denied" : "yes";
}

function within<T>(otherwise: T, start: (done: (found: T) => void) => () => void): Promise<T> {
  return new Promise((resolve) => {
    let stop = () => {};
    const end = (found: T) => {
      clearTimeout(timer);
      resolve(found);
      stop();
    };
    const timer = setTimeout(() => end(otherwise), WITHIN_MS);
    stop = start(end);
  });
}

/** What will work, rung by rung (1 the best). `maybe`: on one network only, or where routers allow it. */
export type Rung = "yes" | "maybe" | "no";

export function rungs(report: LineReport): { video: Rung; pictures: Rung; stills: Rung; voice: Rung } {
  const isThere = report.roundTripMs !== null;
  const isRelayed = report.relays.some(({ reached }) => reached === "yes");
  const direct: Rung = isRelayed ? "yes" : "maybe"; // what the other end's network is like, nobody knows here
  const socket: Rung = isThere && report.socket === "yes" ? "yes" : "no";
  return {
    video: socket === "no" ? "no" : direct,
    pictures: socket,
    stills: socket,
    voice: socket === "no" || report.microphone !== "yes" ? "no" : direct,
  };
}
