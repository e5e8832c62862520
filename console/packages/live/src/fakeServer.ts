/** A live server in a few lines, and wires that deliver only when told to: for tests. */

import type {
  Annotation,
  ClientMessage,
  FaceMark,
  ServerEvent,
  ServerMessage,
  SessionState,
} from "@nearhand/contract";
import type { Socket } from "./connection";
import type { Ask } from "./outbox";

const AT = "2026-11-22T08:00:00Z";

/** One socket and the server's end of it: two queues, moved by `flush`. */
export class Wire implements Socket {
  bufferedAmount = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  isOpen = false;
  isClosed = false;
  client = "";
  readonly toServer: string[] = [];
  readonly toClient: ServerMessage[][] = [];

  constructor(private readonly server: FakeServer) {}

  send(text: string | ArrayBuffer): void {
    if (typeof text !== "string") throw new Error("only words go to a live session");
    // As a WebSocket does while it is being opened.
    if (!this.isOpen && !this.isClosed)
      throw new DOMException("Still in CONNECTING state", "InvalidStateError");
    if (!this.isClosed) this.toServer.push(text);
  }

  close(): void {
    this.isClosed = true;
  }

  /** Everything the client has said reaches the server. */
  flushToServer(): void {
    for (const text of this.toServer.splice(0)) {
      for (const message of JSON.parse(text) as ClientMessage[]) this.server.receive(this, message);
    }
  }

  /** The first `count` frames of the server reach the client. */
  flushToClient(count = Infinity): void {
    for (const frame of this.toClient.splice(0, count)) {
      if (this.isClosed) return;
      this.onmessage?.({ data: JSON.stringify(frame) });
    }
  }

  open(): void {
    this.isOpen = true;
    this.onopen?.(undefined as never);
  }

  /** The line breaks: what is in the queues is gone. */
  cut(code = 1006): void {
    this.toServer.length = 0;
    this.toClient.length = 0;
    this.isClosed = true;
    this.onclose?.({ code });
  }
}

/** What the real server does with durable messages, without a disk: dedupe, number, store, acknowledge, tell. */
export class FakeServer {
  epoch = "epoch-1";
  readonly log: ServerEvent[] = [];
  readonly wires: Wire[] = [];
  readonly settled = new Map<string, number>();
  readonly refusals = new Map<string, Set<number>>();
  readonly fleeting: ClientMessage[] = [];
  /** Wishes that are refused, and why. */
  refuses: (ask: Ask) => string | null = () => null;

  readonly openSocket = (): Socket => {
    const wire = new Wire(this);
    this.wires.push(wire);
    return wire;
  };

  get wire(): Wire {
    return this.wires.at(-1)!;
  }

  /** Deliver everything, to and fro, until nothing moves. */
  flush(): void {
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      for (const wire of this.wires.filter(({ isClosed }) => !isClosed)) {
        if (!wire.isOpen) wire.open();
        isMoving ||= wire.toServer.length + wire.toClient.length > 0;
        wire.flushToServer();
        wire.flushToClient();
      }
    }
  }

  /** The server starts anew from an older copy of its log: nobody can resume. */
  reset(kept = this.log.length): void {
    this.epoch = `epoch-${Number(this.epoch.slice(6)) + 1}`;
    this.log.length = kept;
  }

  receive(wire: Wire, message: ClientMessage): void {
    switch (message.type) {
      case "hello":
        return this.#welcome(wire, message);
      case "ping":
        return void wire.toClient.push([{ type: "pong", at: AT }]);
      case "pointer.move":
      case "stroke.draw":
      case "frame.sight":
      case "frame.freeze":
      case "rung.tell":
      case "rung.ask":
      case "caption.say":
        return void this.fleeting.push(message);
      case "camera.ask":
      case "camera.state":
      case "rtc.hail":
      case "rtc.describe":
      case "rtc.candidate":
      case "rtc.hush":
      case "rtc.part":
      case "rtc.talk":
      case "rtc.sfu_enter":
      case "rtc.sfu_describe":
      case "rtc.sfu_candidate":
      case "rtc.sfu_again":
      case "rtc.sfu_layer":
      case "rtc.sfu_look":
        return; // nobody else could be connected to here
      default:
        return this.#ask(wire, message);
    }
  }

  state(): SessionState {
    const annotations = new Map<string, Annotation>();
    for (const event of this.log) {
      if (event.type === "annotation.added" || event.type === "annotation.restored")
        annotations.set(event.annotation.id, event.annotation);
      if (event.type === "annotation.removed") annotations.delete(event.id);
    }
    const chat = this.log.flatMap(({ seq, by, at, ...event }) =>
      "text" in event ? [{ seq, by, at, text: event.text }] : [],
    );
    return {
      session_id: "s",
      is_ended: false,
      participants: [],
      device: null,
      annotations: [...annotations.values()],
      chat,
      stills: [],
      signal: null,
      step: null,
      approvals: [],
      recording: null,
    };
  }

  #welcome(wire: Wire, hello: Extract<ClientMessage, { type: "hello" }>): void {
    const { client, resume } = hello;
    wire.client = client;
    const isResumed = resume?.epoch === this.epoch && resume.seq <= this.log.length;
    const { epoch } = this;
    const seq = this.log.length;
    const you = { id: "me", display_name: "Me", role: "expert" as const };
    const acked = this.settled.get(client) ?? 0;
    wire.toClient.push([
      { type: "welcome", epoch, seq, acked, you, present: ["me"], is_resumed: isResumed, camera_mask: "off" },
      ...(isResumed
        ? this.log.slice(resume.seq)
        : [{ type: "session.state" as const, epoch, seq, state: this.state(), is_elsewhere: false }]),
    ]);
  }

  #ask(wire: Wire, ask: Ask): void {
    const { client } = wire;
    const last = this.settled.get(client) ?? 0;
    const refused = this.refusals.get(client) ?? new Set<number>();
    this.refusals.set(client, refused);
    const refuse = (code: string) =>
      wire.toClient.push([{ type: "refused", n: ask.n, code, title: code, detail: "" }]);
    if (refused.has(ask.n)) return void refuse("refused_before");
    if (ask.n > last + 1) return void refuse("out_of_order");
    if (ask.n === last + 1) {
      this.settled.set(client, ask.n);
      const code = this.refuses(ask);
      if (code !== null) {
        refused.add(ask.n);
        return void refuse(code);
      }
      const event = this.#eventOf(ask, client);
      this.log.push(event);
      for (const other of this.wires) if (!other.isClosed && other.client) other.toClient.push([event]);
    }
    wire.toClient.push([{ type: "ack", n: this.settled.get(client)! }]);
  }

  #eventOf(ask: Ask, client: string): ServerEvent {
    const told = { seq: this.log.length + 1, at: AT, by: client, client, n: ask.n };
    switch (ask.type) {
      case "annotation.add":
        return { ...told, type: "annotation.added", annotation: annotationOf(ask.id, ask.text ?? "") };
      case "annotation.edit":
        return { ...told, type: "annotation.edited", annotation: annotationOf(ask.id, ask.text ?? "") };
      case "annotation.remove":
        return { ...told, type: "annotation.removed", id: ask.id };
      case "annotation.restore":
        return { ...told, type: "annotation.restored", annotation: annotationOf(ask.id, "") };
      case "chat.say":
        return { ...told, type: "chat.said", text: ask.text };
      default:
        throw new Error(`the fake server does not know ${ask.type}`);
    }
  }
}

export function annotationOf(id: string, text = ""): FaceMark {
  return {
    id,
    shape: "ring",
    anchor: {
      kind: "face",
      device_id: "d",
      face: "front",
      points_mm: [[10, 20, 0]],
      ring_mm: 1,
      is_approximate: false,
      port: null,
    },
    frame: null,
    text,
    is_hidden: false,
    is_kept: false,
    created_by: "me",
    created_at: AT,
    updated_at: AT,
  };
}
