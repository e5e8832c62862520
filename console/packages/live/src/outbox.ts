/** Keep each wish until the server has settled it: numbered from 1 without gaps, in order, across reloads. */

import type { ClientMessage } from "@nearhand/contract";
import type { Locks, OutboxShelf } from "./shelf";

/** A durable message: stored by the server, then told to all. */
export type Ask = Extract<ClientMessage, { n: number }>;
type WithoutNumber<T> = T extends unknown ? Omit<T, "n"> : never;
/** A durable message that has no number yet. */
export type Wish = WithoutNumber<Ask>;

/** Whose wishes, in which session: people who share a browser do not send each other's. */
export interface Scope {
  readonly sessionId: string;
  readonly participantId: string;
}

/** One ask on its way. It is sent only once it is kept (or cannot be), so that a reload cannot lose it. */
interface Entry {
  readonly ask: Ask;
  isReady: boolean;
}

export class Outbox {
  #client: string;
  #last: number;
  #entries: Entry[];
  #isKept = true;
  #writing: Promise<void> = Promise.resolve();
  #onReady: () => void = () => undefined;

  constructor(
    readonly scope: Scope,
    kept: { client: string; last: number; asks: readonly Ask[] },
    private readonly shelf: OutboxShelf,
    private readonly locks: Locks,
    private release: () => void,
  ) {
    this.#client = kept.client;
    this.#last = kept.last;
    this.#entries = kept.asks.map((ask) => ({ ask, isReady: true }));
  }

  /** Names this outbox at the server, for good. */
  get client(): string {
    return this.#client;
  }

  /** The number given last. */
  get last(): number {
    return this.#last;
  }

  /** All that is not settled, in order. */
  get waiting(): readonly Ask[] {
    return this.#entries.map(({ ask }) => ask);
  }

  /** False when this browser could not store the newest wishes: they live only as long as the page. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Called whenever another ask may be sent. */
  set onReady(listener: () => void) {
    this.#onReady = listener;
  }

  add(wish: Wish): Ask {
    const ask = { ...wish, n: this.#last + 1 } as Ask;
    const entry: Entry = { ask, isReady: false };
    this.#last = ask.n;
    this.#entries.push(entry);
    const header = this.#header();
    void this.#write(() => this.shelf.keep(header, ask)).then(() => {
      entry.isReady = true;
      this.#onReady();
    });
    return ask;
  }

  /** Asks after `n` that may be sent now, at most `limit`. */
  after(n: number, limit: number): readonly Ask[] {
    const from = this.#entries.findIndex((entry) => entry.ask.n > n);
    if (from < 0) return [];
    const next = this.#entries.slice(from, from + limit);
    const notReady = next.findIndex((entry) => !entry.isReady);
    return (notReady < 0 ? next : next.slice(0, notReady)).map(({ ask }) => ask);
  }

  /** Stored (or refused) up to here: returns what was still waiting. */
  settleUpTo(n: number): readonly Ask[] {
    return this.#settle((ask) => ask.n <= n);
  }

  /** This one was refused: it is settled too. */
  settle(n: number): Ask | null {
    return this.#settle((ask) => ask.n === n)[0] ?? null;
  }

  /**
   * Whether numbering can go on where the server has settled up to `acked`. Not when one side lost its memory (a
   * crash of this machine, a restored backup there): new numbers would be taken for repeats, or be out of order.
   */
  agreesWith(acked: number): boolean {
    return acked <= this.#last && acked + 1 >= (this.#entries[0]?.ask.n ?? this.#last + 1);
  }

  /** Let what waits go out under a new name, numbered from 1. */
  async rename(client: string): Promise<void> {
    const old = this.#client;
    const asks = this.#entries.map(({ ask }, index) => ({ ...ask, n: index + 1 }));
    this.#client = client;
    this.#last = asks.length;
    const entries = asks.map((ask) => ({ ask, isReady: false }));
    this.#entries = entries;
    const header = this.#header();
    await this.#write(async () => {
      // Both names are held while the disk may know either, so that no other tab adopts what this one sends.
      const releaseOld = this.release;
      const releaseNew = (await this.locks.tryHold(lockName(client))) ?? (() => undefined);
      this.release = () => {
        releaseOld();
        releaseNew();
      };
      await this.shelf.rename(old, header, asks);
      this.release = releaseNew;
      releaseOld();
    });
    for (const entry of entries) entry.isReady = true;
  }

  /** Wait until all is written, then let another page have this outbox. An empty one is forgotten on request. */
  async close(isForgotten = false): Promise<void> {
    await this.#writing;
    if (isForgotten && this.#entries.length === 0) await this.#write(() => this.shelf.forget(this.#client));
    this.release();
  }

  #settle(isSettled: (ask: Ask) => boolean): readonly Ask[] {
    const settled = this.waiting.filter(isSettled);
    if (settled.length === 0) return settled;
    this.#entries = this.#entries.filter(({ ask }) => !isSettled(ask));
    const client = this.#client;
    void this.#write(() =>
      this.shelf.settle(
        client,
        settled.map(({ n }) => n),
      ),
    );
    return settled;
  }

  #header() {
    return { client: this.#client, last: this.#last, ...this.scope };
  }

  /** One write after the other. A full or forbidden disk does not stop the work: it is said (`isKept`). */
  #write(act: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(act).then(
      () => {
        this.#isKept = true;
      },
      () => {
        this.#isKept = false;
      },
    );
    return this.#writing;
  }
}

export const lockName = (client: string): string => `nearhand-outbox-${client}`;

/**
 * The outbox of this page, and those that pages now gone left with unsent wishes.
 *
 * Each open outbox is held by a lock, so two tabs never share one: a tab adopts what no other holds, else begins anew.
 */
export async function claimOutboxes(
  scope: Scope,
  shelf: OutboxShelf,
  locks: Locks,
): Promise<{ mine: Outbox; left: Outbox[] }> {
  const [mine = await newOutbox(scope, shelf, locks), ...left] = await adoptOutboxes(scope, shelf, locks, {
    orEmpty: true,
  });
  return { mine, left };
}

/** What pages now gone left with unsent wishes, the fullest first; for want of any, an empty one on request. */
export async function adoptOutboxes(
  scope: Scope,
  shelf: OutboxShelf,
  locks: Locks,
  { orEmpty = false } = {},
): Promise<Outbox[]> {
  const known = await shelf.load(scope.participantId).catch(() => []);
  const here = known.filter(({ sessionId }) => sessionId === scope.sessionId);
  const adopted: Outbox[] = [];
  for (const kept of here.sort((a, b) => b.asks.length - a.asks.length)) {
    if (kept.asks.length === 0 && (adopted.length > 0 || !orEmpty)) continue;
    const release = await locks.tryHold(lockName(kept.client));
    if (!release) continue;
    // Read again now that nobody else writes: the tab that held it may have sent or renamed it meanwhile.
    const now = (await shelf.load(scope.participantId)).find(({ client }) => client === kept.client);
    if (now) adopted.push(new Outbox(scope, now, shelf, locks, release));
    else release();
  }
  return adopted;
}

async function newOutbox(scope: Scope, shelf: OutboxShelf, locks: Locks): Promise<Outbox> {
  const client = randomId(24);
  const release = await locks.tryHold(lockName(client));
  const header = { client, last: 0, ...scope };
  await shelf.open(header).catch(() => undefined); // keeping the first wish will say it
  return new Outbox(scope, { ...header, asks: [] }, shelf, locks, release ?? (() => undefined));
}

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base 32, as the server mints ids

/** An unguessable id: 5 bits a letter. Works on plain http too, where `crypto.randomUUID` does not exist. */
export function randomId(length = 16): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => ALPHABET[byte % 32]).join("");
}
