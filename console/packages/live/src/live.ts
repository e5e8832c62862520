/** One participant's end of a live session: connection, outbox and view held together. */

import type { ClientMessage, ServerMessage, Welcome } from "@nearhand/contract";
import { Connection, type Link, type OpenSocket } from "./connection";
import { Fleeting, type Passing } from "./fleeting";
import { type Ask, type Outbox, randomId, type Wish } from "./outbox";
import { type Pending, pendingOf } from "./pending";
import { EMPTY_SESSION, Gap, isEvent, reduce, type Refusal, type SessionView } from "./session";
import { type Store, tellAll, type Unsubscribe, Value } from "./store";

export const PROTOCOL = "nearhand.v1";
/** Numbered wishes on the way at one time; the rest wait in the outbox. */
const WINDOW = 32;
/** Wishes settled not long ago, kept to say what a late refusal was about. */
const REMEMBERED = 256;
/** Errors after which no further number of this outbox would be taken: the rest must go out under a new name. */
const SPOILT: ReadonlySet<string> = new Set(["out_of_order", "too_many_refused"]);

/** From one client to another: see `rtc/`, and what is asked of a camera. */
export type Directed = Extract<ClientMessage, { type: `rtc.${string}` | `camera.${string}` }>;

/** All an app draws from: the session, how the link stands, and what is not saved yet. */
export interface LiveView extends SessionView {
  readonly link: Link;
  /** Connected, and every event that exists has been seen. */
  readonly isCurrent: boolean;
  readonly pending: Pending;
  /** False: this browser cannot store unsent wishes; they live only as long as the page. */
  readonly isKept: boolean;
}

/** A refused wish, with the wish where it is still known. */
export interface RefusedWish extends Refusal {
  readonly wish: Ask | null;
}

export interface LiveOptions {
  /** `wss://…/api/v1/sessions/{id}/live` */
  readonly url: string;
  readonly outbox: Outbox;
  readonly openSocket?: OpenSocket;
  readonly random?: () => number;
}

export class Live implements Store<LiveView> {
  readonly #outbox: Outbox;
  readonly #connection: Connection;
  readonly #fleeting: Fleeting;
  readonly #value: Value<LiveView>;
  readonly #told = new Map<number, Ask>();
  /** The newest number of ours whose event has come: it may come before its ack. */
  #heard = 0;
  readonly #recent = new Map<number, Ask>();
  readonly #listeners = new Set<(message: ServerMessage) => void>();
  readonly #refusalListeners = new Set<(refusal: RefusedWish) => void>();
  #view: SessionView = EMPTY_SESSION;
  #link: Link = { state: "stopped", because: "closed" };
  #isWelcome = false;
  #mustRename = false;
  #sentUpTo = 0;

  constructor(options: LiveOptions) {
    this.#outbox = options.outbox;
    this.#outbox.onReady = () => {
      this.#pump();
      this.#publish();
    };
    this.#connection = new Connection({
      url: options.url,
      protocol: PROTOCOL,
      greet: () => [this.#hello()],
      ping: { type: "ping" },
      onMessages: (messages) => this.#receive(messages as readonly ServerMessage[]),
      onLink: (link) => this.#linkChanged(link),
      ...(options.openSocket && { openSocket: options.openSocket }),
      ...(options.random && { random: options.random }),
    });
    this.#fleeting = new Fleeting(
      (messages) => this.#connection.send(messages),
      () => this.#connection.bufferedBytes,
    );
    this.#value = new Value(this.#compose());
  }

  get(): LiveView {
    return this.#value.get();
  }

  subscribe(listener: (view: LiveView) => void): Unsubscribe {
    return this.#value.subscribe(listener);
  }

  /** Each message as it is taken in: for what must be acted on rather than drawn (`freeze.asked`, a sound). */
  listen(listener: (message: ServerMessage) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Wishes of ours that had no effect: tell the person why, by `code`. */
  onRefused(listener: (refusal: RefusedWish) => void): Unsubscribe {
    this.#refusalListeners.add(listener);
    return () => this.#refusalListeners.delete(listener);
  }

  /** Ask for something durable. It is kept and sent in order, now or when there is a line; returns its number. */
  ask(wish: Wish): number {
    const { n } = this.#outbox.add(wish);
    this.#publish();
    return n;
  }

  /** Pass on something fleeting; dropped when there is no line. */
  pass(message: Passing): void {
    if (this.#isWelcome) this.#fleeting.pass(message);
  }

  /** The name of this client, by which others say something to it. */
  get client(): string {
    return this.#outbox.client;
  }

  /** What was said and heard over the session's line. */
  get bytes(): number {
    return this.#connection.bytes;
  }

  /** Say something to another client; dropped when there is no line. */
  put(message: Directed): void {
    if (this.#isWelcome) this.#connection.send([message]);
  }

  connect(): void {
    this.#connection.connect();
  }

  /**
   * Leave. What is not sent yet stays kept, and is sent when the session is opened again. An outbox that has sent
   * everything is forgotten with an ended session, or on request.
   */
  async close({ isForgotten = this.#view.isEnded } = {}): Promise<void> {
    this.#connection.close();
    await this.#outbox.close(isForgotten);
  }

  #hello() {
    const { epoch, seq } = this.#view;
    return {
      type: "hello",
      client: this.#outbox.client,
      resume: epoch === null ? null : { epoch, seq },
    };
  }

  #receive(messages: readonly ServerMessage[]): void {
    try {
      for (const message of messages) this.#take(message);
    } catch (error) {
      if (!(error instanceof Gap)) throw error;
      this.#connection.restart();
    } finally {
      this.#pump();
      this.#publish();
    }
  }

  #take(message: ServerMessage): void {
    const isNews = !isEvent(message) || (message.seq > this.#view.seq && !this.#view.awaitsState);
    this.#view = reduce(this.#view, message);
    switch (message.type) {
      case "welcome":
        this.#welcomed(message);
        break;
      case "session.state":
        this.#told.clear();
        break;
      case "ack":
        for (const ask of this.#outbox.settleUpTo(message.n)) this.#settled(ask);
        break;
      case "refused":
        this.#refused(message);
        break;
      case "error":
        if (SPOILT.has(message.code)) {
          this.#mustRename = true;
          this.#connection.restart();
        }
        break;
      default:
        if (isEvent(message) && message.client === this.#outbox.client) {
          this.#heard = message.n;
          this.#told.delete(message.n);
        }
    }
    if (isNews) tellAll(this.#listeners, message);
  }

  #welcomed(welcome: Welcome): void {
    if (this.#mustRename || !this.#outbox.agreesWith(welcome.acked)) {
      if (this.#mustRename) this.#outbox.settleUpTo(welcome.acked);
      this.#mustRename = false;
      void this.#outbox.rename(randomId(24)).then(() => {
        this.#heard = 0;
        this.#connection.restart();
      });
      return;
    }
    this.#isWelcome = true;
    // What the server has settled is in the state it tells now, or was refused: no longer shown as waiting.
    this.#heard = Math.max(this.#heard, welcome.acked);
    // Everything that waits is sent again, also what `welcome.acked` covers: only the answers say which of it
    // was stored and which refused.
    this.#sentUpTo = 0;
    this.#connection.confirm(); // whoever hears that the line is open says something at once
  }

  #settled(ask: Ask): void {
    if (!this.#view.awaitsState && ask.n > this.#heard) this.#told.set(ask.n, ask);
    this.#recent.set(ask.n, ask);
    if (this.#recent.size > REMEMBERED) this.#recent.delete(this.#recent.keys().next().value!);
  }

  #refused({ n, code, title, detail }: Refusal): void {
    const wish = this.#outbox.settle(n) ?? this.#recent.get(n) ?? null;
    this.#told.delete(n);
    tellAll(this.#refusalListeners, { n, code, title, detail, wish });
  }

  #pump(): void {
    if (!this.#isWelcome) return;
    const onTheWay = this.#outbox.waiting.filter(({ n }) => n <= this.#sentUpTo).length;
    const next = this.#outbox.after(this.#sentUpTo, WINDOW - onTheWay);
    if (next.length === 0) return;
    this.#sentUpTo = next.at(-1)!.n;
    this.#connection.send(next);
  }

  #linkChanged(link: Link): void {
    this.#link = link;
    if (link.state !== "open") {
      this.#isWelcome = false;
      this.#fleeting.clear();
    }
    this.#publish();
  }

  #publish(): void {
    this.#value.set(this.#compose());
  }

  #compose(): LiveView {
    const view = this.#view;
    return {
      ...view,
      link: this.#link,
      isCurrent: this.#link.state === "open" && !view.awaitsState && view.seq >= view.headSeq,
      pending: pendingOf(this.#outbox.waiting, this.#told.values(), view.annotations, this.#heard),
      isKept: this.#outbox.isKept,
    };
  }
}
