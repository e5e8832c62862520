/** Open a live session from a page: find its outbox, send what earlier pages left unsent, connect. */

import { Commands } from "./commands";
import type { OpenSocket } from "./connection";
import { Live, type RefusedWish } from "./live";
import { adoptOutboxes, claimOutboxes, type Outbox, type Scope } from "./outbox";
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

export interface UnsentOptions extends Omit<OpenOptions, "sessionId"> {
  /** The session this page has open: what was left there goes out with it. */
  readonly except?: string | null;
  /** Stop: the person signs out. What is not sent yet stays kept. */
  readonly signal?: AbortSignal;
  /** A wish that had no effect after all: nobody else will tell the person. */
  readonly onRefused?: (refusal: RefusedWish) => void;
}

/**
 * Send what closed pages of this participant left unsent, in any session, without opening it on the screen. Ends when
 * all is settled. An outbox is held by whoever sends it, so several tabs may call this at once.
 */
export async function sendUnsent(options: UnsentOptions): Promise<void> {
  const shelf = shelfOf(options);
  const known = await shelf.load(options.participantId).catch(() => []);
  const sessions = new Set(known.filter(({ asks }) => asks.length > 0).map(({ sessionId }) => sessionId));
  sessions.delete(options.except ?? "");
  await Promise.all([...sessions].map((sessionId) => sendAllOf({ ...options, sessionId }, shelf)));
}

async function sendAllOf(options: UnsentOptions & OpenOptions, shelf: OutboxShelf): Promise<void> {
  const left = await adoptOutboxes(options, shelf, options.locks ?? webLocks());
  await Promise.all(left.map((outbox) => sendLeftover(options, outbox)));
}

/** An outbox keeps its name for good, so each goes out over a connection of its own. */
async function sendLeftover(
  { signal, onRefused, ...options }: UnsentOptions & OpenOptions,
  outbox: Outbox,
): Promise<void> {
  if (outbox.waiting.length === 0 || signal?.aborted) return outbox.close(true);
  const live = liveOf(options, outbox);
  if (onRefused) live.onRefused(onRefused);
  await new Promise<void>((resolve) => {
    live.subscribe(({ pending, link }) => {
      if (pending.count === 0 || link.state === "stopped") resolve();
    });
    signal?.addEventListener("abort", () => resolve(), { once: true });
    live.connect();
  });
  await live.close({ isForgotten: true });
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
const shelfOf = ({ shelf }: Pick<OpenOptions, "shelf">): OutboxShelf =>
  shelf ?? (sharedShelf ??= indexedDbShelf());
