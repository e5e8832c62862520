/** Open a live session from a page: find its outbox, send what earlier pages left unsent, connect. */

import { Commands } from "./commands";
import type { OpenSocket } from "./connection";
import { Live } from "./live";
import { claimOutboxes, type Outbox, type Scope } from "./outbox";
import { indexedDbShelf, type Locks, type OutboxShelf, webLocks } from "./shelf";

export interface OpenOptions extends Scope {
  /** Where the service is; by default the page's own origin. */
  readonly origin?: string;
  readonly shelf?: OutboxShelf;
  readonly locks?: Locks;
  readonly openSocket?: OpenSocket;
  readonly random?: () => number;
}

/** An open session: follow `live`, call `commands`, and `close` when the page leaves it. */
export interface OpenSession {
  readonly live: Live;
  readonly commands: Commands;
  close(): Promise<void>;
}

export async function openSession(options: OpenOptions): Promise<OpenSession> {
  const { mine, left } = await claimOutboxes(options, shelfOf(options), options.locks ?? webLocks());
  const live = liveOf(options, mine);
  live.connect();
  for (const outbox of left) void sendLeftover(options, outbox);
  return { live, commands: new Commands(live), close: () => live.close() };
}

/** How many wishes of this participant wait unsent, by session: pages were closed before they could be sent. */
export async function unsentWishes(
  participantId: string,
  shelf: OutboxShelf = indexedDbShelf(),
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { sessionId, asks } of await shelf.load(participantId)) {
    if (asks.length > 0) counts[sessionId] = (counts[sessionId] ?? 0) + asks.length;
  }
  return counts;
}

/** Send what closed pages left unsent in a session, without opening it on the screen. Ends when all is settled. */
export async function sendUnsent(options: OpenOptions): Promise<void> {
  const { mine, left } = await claimOutboxes(options, shelfOf(options), options.locks ?? webLocks());
  await Promise.all([mine, ...left].map((outbox) => sendLeftover(options, outbox)));
}

/** An outbox keeps its name for good, so each goes out over a connection of its own. */
async function sendLeftover(options: OpenOptions, outbox: Outbox): Promise<void> {
  if (outbox.waiting.length > 0) {
    const live = liveOf(options, outbox);
    await new Promise<void>((resolve) => {
      live.subscribe(({ pending, link }) => {
        if (pending.count === 0 || link.state === "stopped") resolve();
      });
      live.connect();
    });
    await live.close();
  }
  await outbox.close(true);
}

function liveOf({ sessionId, origin, openSocket, random }: OpenOptions, outbox: Outbox): Live {
  const base = (origin ?? globalThis.location.origin).replace(/^http/, "ws");
  return new Live({
    url: `${base}/api/v1/sessions/${encodeURIComponent(sessionId)}/live`,
    outbox,
    ...(openSocket && { openSocket }),
    ...(random && { random }),
  });
}

let sharedShelf: OutboxShelf | undefined;
const shelfOf = ({ shelf }: OpenOptions): OutboxShelf => shelf ?? (sharedShelf ??= indexedDbShelf());
