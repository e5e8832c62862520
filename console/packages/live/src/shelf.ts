/** Where outboxes outlive their page (IndexedDB), and who holds which (Web Locks); in memory for tests. */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Ask } from "./outbox";

export interface OutboxHeader {
  readonly client: string;
  readonly sessionId: string;
  readonly participantId: string;
  readonly last: number;
}

export interface KeptOutbox extends OutboxHeader {
  readonly asks: readonly Ask[];
}

/** A durable place for outboxes. Writes resolve once the thing would survive a crash of the page. */
export interface OutboxShelf {
  load(participantId: string): Promise<KeptOutbox[]>;
  open(header: OutboxHeader): Promise<void>;
  keep(header: OutboxHeader, ask: Ask): Promise<void>;
  settle(client: string, numbers: readonly number[]): Promise<void>;
  /** Put `header` with `asks` in the place of `old`: all of it or, after a crash, nothing. */
  rename(old: string, header: OutboxHeader, asks: readonly Ask[]): Promise<void>;
  forget(client: string): Promise<void>;
}

/** Hold a name for as long as this page lives; null when another page holds it. */
export interface Locks {
  tryHold(name: string): Promise<(() => void) | null>;
}

interface Schema extends DBSchema {
  outboxes: { key: string; value: OutboxHeader; indexes: { participant: string } };
  asks: { key: [string, number]; value: { client: string; n: number; ask: Ask } };
}

/** Outboxes in IndexedDB, written through to the disk before they count as kept. */
export function indexedDbShelf(name = "nearhand-live"): OutboxShelf {
  let opening: Promise<IDBPDatabase<Schema>> | undefined;
  const open = () =>
    (opening ??= openDB<Schema>(name, 1, {
      upgrade(database) {
        database
          .createObjectStore("outboxes", { keyPath: "client" })
          .createIndex("participant", "participantId");
        database.createObjectStore("asks", { keyPath: ["client", "n"] });
      },
      blocking: () => void opening?.then((database) => database.close()).then(() => (opening = undefined)),
      terminated: () => (opening = undefined),
    }).catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
  const write = async () =>
    (await open()).transaction(["outboxes", "asks"], "readwrite", { durability: "strict" });
  const allOf = (client: string) => IDBKeyRange.bound([client, 0], [client, Infinity]);

  return {
    async load(participantId) {
      const transaction = (await open()).transaction(["outboxes", "asks"], "readonly");
      const headers = await transaction.objectStore("outboxes").index("participant").getAll(participantId);
      const asks = transaction.objectStore("asks");
      return Promise.all(
        headers.map(async (header) => ({
          ...header,
          asks: (await asks.getAll(allOf(header.client))).map(({ ask }) => ask),
        })),
      );
    },
    async open(header) {
      const transaction = await write();
      await Promise.all([transaction.objectStore("outboxes").put(header), transaction.done]);
    },
    async keep(header, ask) {
      const transaction = await write();
      await Promise.all([
        transaction.objectStore("outboxes").put(header),
        transaction.objectStore("asks").put({ client: header.client, n: ask.n, ask }),
        transaction.done,
      ]);
    },
    async settle(client, numbers) {
      const transaction = await write();
      const asks = transaction.objectStore("asks");
      await Promise.all([...numbers.map((n) => asks.delete([client, n])), transaction.done]);
    },
    async rename(old, header, asks) {
      const transaction = await write();
      const kept = transaction.objectStore("asks");
      const headers = transaction.objectStore("outboxes");
      await Promise.all([
        kept.delete(allOf(old)),
        headers.delete(old),
        headers.put(header),
        ...asks.map((ask) => kept.put({ client: header.client, n: ask.n, ask })),
        transaction.done,
      ]);
    },
    async forget(client) {
      const transaction = await write();
      await Promise.all([
        transaction.objectStore("asks").delete(allOf(client)),
        transaction.objectStore("outboxes").delete(client),
        transaction.done,
      ]);
    },
  };
}

/** Outboxes that live as long as this object: for tests, and where a browser forbids storage. */
export function memoryShelf(): OutboxShelf {
  const headers = new Map<string, OutboxHeader>();
  const asks = new Map<string, Map<number, Ask>>();
  return {
    async load(participantId) {
      return [...headers.values()]
        .filter((header) => header.participantId === participantId)
        .map((header) => ({ ...header, asks: [...(asks.get(header.client)?.values() ?? [])] }));
    },
    async open(header) {
      headers.set(header.client, header);
    },
    async keep(header, ask) {
      headers.set(header.client, header);
      asks.set(header.client, (asks.get(header.client) ?? new Map<number, Ask>()).set(ask.n, ask));
    },
    async settle(client, numbers) {
      for (const n of numbers) asks.get(client)?.delete(n);
    },
    async rename(old, header, renamed) {
      headers.delete(old);
      asks.delete(old);
      headers.set(header.client, header);
      asks.set(header.client, new Map(renamed.map((ask) => [ask.n, ask])));
    },
    async forget(client) {
      headers.delete(client);
      asks.delete(client);
    },
  };
}

/**
 * The browser's own locks, freed when the page goes, however it goes. Browsers have them on https and localhost only:
 * elsewhere nothing can be told to be held by nobody, so each page begins a fresh outbox and adopts none.
 */
export function webLocks(): Locks {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (!locks) return { tryHold: async () => null };
  return {
    tryHold: (name) =>
      new Promise((resolve, reject) => {
        locks
          .request(name, { ifAvailable: true }, (lock) => {
            if (lock === null) return resolve(null);
            return new Promise<void>((release) => resolve(release));
          })
          .catch(reject);
      }),
  };
}

/** Locks among the objects of one test. */
export function memoryLocks(): Locks {
  const held = new Set<string>();
  return {
    async tryHold(name) {
      if (held.has(name)) return null;
      held.add(name);
      return () => held.delete(name);
    },
  };
}
