/** Follow all sessions that are not over: what the wall of the operations console shows. */

import type { Session } from "@nearhand/contract";
import { Connection, type Link, type OpenSocket } from "./connection";
import { PROTOCOL } from "./live";
import type { Unsubscribe } from "./store";

export interface WallOptions {
  /** Every session, newest first, whenever one changes. Ended ones stay until the page forgets them. */
  readonly onSessions: (sessions: readonly Session[]) => void;
  readonly onLink?: (link: Link) => void;
  readonly origin?: string;
  readonly openSocket?: OpenSocket;
}

/** Follow until the returned function is called. After a lost line everything is told again. */
export function watchWall({ onSessions, onLink, origin, openSocket }: WallOptions): Unsubscribe {
  const base = (origin ?? globalThis.location.origin).replace(/^http/, "ws");
  let sessions = new Map<string, Session>();
  let isFresh = true;
  const connection = new Connection({
    url: `${base}/api/v1/wall`,
    protocol: PROTOCOL,
    greet: () => {
      isFresh = true;
      return [];
    },
    ping: { type: "ping" },
    isPingAnswered: false,
    onMessages: (messages) => {
      connection.confirm();
      if (isFresh) sessions = new Map([...sessions].filter(([, { status }]) => status === "ended"));
      isFresh = false;
      for (const row of messages as readonly Session[]) if (row.opened_at) sessions.set(row.id, row);
      onSessions([...sessions.values()].sort((a, b) => (a.opened_at < b.opened_at ? 1 : -1)));
    },
    onLink: (link) => onLink?.(link),
    ...(openSocket && { openSocket }),
  });
  connection.connect();
  return () => connection.close();
}
