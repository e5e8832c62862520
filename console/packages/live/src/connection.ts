/** Keep one WebSocket open: retry with backoff, notice a dead line, and say how the link stands. */

import { afterClose, type StopReason } from "./close";
import { utf8Bytes } from "./utf8";

/** The part of WebSocket that is used; tests pass a pair of queues. */
export interface Socket {
  readonly bufferedAmount: number;
  binaryType?: BinaryType;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(data: string | ArrayBuffer): void;
  close(code?: number, reason?: string): void;
}

export type OpenSocket = (url: string, protocol: string) => Socket;

/** How the link to the server stands. Only `open` means that others hear us. */
export type Link =
  | { state: "connecting" }
  | { state: "open" }
  | { state: "waiting"; because: string; retryInMs: number }
  | { state: "stopped"; because: StopReason | "closed" };

export interface ConnectionOptions {
  url: string;
  protocol: string;
  /** What to say first on each new socket. */
  greet: () => readonly unknown[];
  /** What keeps the line awake. */
  ping: unknown;
  /** Whether the server answers pings, so that silence means a dead line. */
  isPingAnswered?: boolean;
  onMessages: (messages: readonly unknown[]) => void;
  /** What comes between the messages, on a line that carries pictures. */
  onBytes?: (bytes: ArrayBuffer) => void;
  onLink: (link: Link) => void;
  openSocket?: OpenSocket;
  random?: () => number;
}

const PING_EVERY_MS = 15_000;
const ANSWER_WITHIN_MS = 10_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const SOON_MS = 250;
/** The server takes 64 KiB; a character is at most three bytes of UTF-8. */
const FRAME_CHARACTERS = 16_000;

type Timer = ReturnType<typeof setTimeout>;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #openSocket: OpenSocket;
  readonly #random: () => number;
  #socket: Socket | null = null;
  #link: Link = { state: "stopped", because: "closed" };
  #tries = 0;
  #retry: Timer | undefined;
  #pinger: Timer | undefined;
  #deadline: Timer | undefined;
  #bytes = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#openSocket = options.openSocket ?? ((url, protocol) => new WebSocket(url, protocol) as Socket);
    this.#random = options.random ?? Math.random;
  }

  get link(): Link {
    return this.#link;
  }

  /** Bytes handed to the socket that have not left yet. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** What was said and heard, over all its sockets; without what the network adds. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Open now; also after a stop, and instead of waiting for the next try. */
  connect(): void {
    if (this.#link.state === "connecting" || this.#link.state === "open") return;
    this.#listenToNetwork();
    this.#open();
  }

  /** Close for good (until `connect`). */
  close(): void {
    this.#stop("closed");
  }

  /** Drop the line and open another at once: what came over this one cannot be trusted to be whole. */
  restart(): void {
    if (this.#link.state === "stopped") return;
    this.#drop();
    this.#open();
  }

  /** The other side answered as it should: the link is good, and the next loss is retried quickly. */
  confirm(): void {
    this.#tries = 0;
    if (this.#link.state !== "open") this.#tell({ state: "open" });
  }

  /** Several messages go in one frame, up to a size well below the server's limit. */
  send(messages: readonly unknown[]): void {
    let frame: string[] = [];
    let size = 0;
    for (const text of messages.map((message) => JSON.stringify(message))) {
      if (size + text.length > FRAME_CHARACTERS && frame.length > 0) {
        this.#say(`[${frame.join()}]`);
        [frame, size] = [[], 0];
      }
      frame.push(text);
      size += text.length;
    }
    if (frame.length > 0) this.#say(`[${frame.join()}]`);
  }

  sendBytes(bytes: ArrayBuffer): void {
    this.#socket?.send(bytes);
    this.#bytes += bytes.byteLength;
  }

  #say(text: string): void {
    this.#socket?.send(text);
    this.#bytes += utf8Bytes(text);
  }

  #open(): void {
    clearTimeout(this.#retry);
    const socket = this.#openSocket(this.#options.url, this.#options.protocol);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#tell({ state: "connecting" });
    this.#expectAnswer();
    // A late event of an older socket must not touch the new one.
    const ifCurrent =
      <E>(act: (event: E) => void) =>
      (event: E) => {
        if (this.#socket === socket) act(event);
      };
    socket.onopen = ifCurrent(() => {
      this.send(this.#options.greet());
      this.#pinger = setInterval(() => this.#ping(), PING_EVERY_MS);
    });
    socket.onmessage = ifCurrent(({ data }) => {
      clearTimeout(this.#deadline);
      this.#deadline = undefined;
      this.#receive(data);
    });
    socket.onclose = ifCurrent(({ code }) => this.#closed(code));
  }

  #receive(data: unknown): void {
    this.#bytes += data instanceof ArrayBuffer ? data.byteLength : utf8Bytes(String(data));
    if (data instanceof ArrayBuffer) return this.#options.onBytes?.(data);
    let parsed: unknown;
    try {
      parsed = JSON.parse(String(data));
    } catch {
      return this.restart();
    }
    this.#options.onMessages(Array.isArray(parsed) ? parsed : [parsed]);
  }

  #closed(code: number): void {
    this.#drop();
    const after = afterClose(code);
    if (after.then === "stop") return this.#stop(after.because);
    this.#retryLater(after.because, after.isSoon && this.#tries === 0);
  }

  #retryLater(because: string, isSoon: boolean): void {
    const longest = isSoon ? SOON_MS : Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#tries);
    // Half of it is chance, so that a whole site does not come back in one instant.
    const retryInMs = Math.round(longest * (0.5 + this.#random() / 2));
    this.#tries += 1;
    this.#retry = setTimeout(() => this.#open(), retryInMs);
    this.#tell({ state: "waiting", because, retryInMs });
  }

  #ping(): void {
    // A socket that is still being opened throws on `send`; whether it answers is awaited already.
    if (this.#link.state !== "open") return;
    this.send([this.#options.ping]);
    if (this.#options.isPingAnswered ?? true) this.#expectAnswer();
  }

  #expectAnswer(): void {
    this.#deadline ??= setTimeout(() => {
      this.#drop();
      this.#retryLater("silent", false);
    }, ANSWER_WITHIN_MS);
  }

  #drop(): void {
    clearInterval(this.#pinger);
    clearTimeout(this.#deadline);
    clearTimeout(this.#retry);
    this.#deadline = undefined;
    const socket = this.#socket;
    this.#socket = null;
    try {
      socket?.close(1000);
    } catch {
      // Already closing.
    }
  }

  #stop(because: StopReason | "closed"): void {
    this.#drop();
    globalThis.removeEventListener?.("online", this.#online);
    globalThis.removeEventListener?.("offline", this.#offline);
    this.#tell({ state: "stopped", because });
  }

  #tell(link: Link): void {
    this.#link = link;
    this.#options.onLink(link);
  }

  #listenToNetwork(): void {
    globalThis.addEventListener?.("online", this.#online);
    globalThis.addEventListener?.("offline", this.#offline);
  }

  readonly #online = (): void => {
    if (this.#link.state !== "waiting") return this.#ping();
    this.#tries = 0;
    this.#open();
  };

  // The browser may be wrong (a second interface), so the line is asked rather than cut.
  readonly #offline = (): void => this.#ping();
}
