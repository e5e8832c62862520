/** The open sessions, kept fresh by the wall's WebSocket, and by asking where a socket cannot be had. */
import type { Session } from "@nearhand/contract";
import { computed, signal } from "@preact/signals";
import { watchWall as followWall } from "@nearhand/live";
import { get, type Page } from "../rest";
import { ring } from "./bell";

export type Wall = { status: "loading" } | { status: "failed"; error: Error } | { status: "ready" };

const sessions = signal<readonly Session[]>([]);
export const wallState = signal<Wall>({ status: "loading" });

/** Ringing ones first, then the newest. */
export const openSessions = computed(() => orderForWall(sessions.value));
export const ringing = computed(() => openSessions.value.filter(isRinging).length);

const OPEN = ["ringing", "open"] as const;
const POLL_MS = 5000;

export function orderForWall(all: readonly Session[]): Session[] {
  const rank = (session: Session) => (isRinging(session) ? 0 : 1);
  return all
    .filter((session) => session.status !== "ended")
    .sort((a, b) => rank(a) - rank(b) || b.opened_at.localeCompare(a.opened_at));
}

export async function refreshWall(): Promise<void> {
  try {
    const pages = await Promise.all(
      OPEN.map((status) => get<Page<Session>>("/sessions", { status, limit: 200 })),
    );
    take(pages.flatMap((page) => page.items));
    wallState.value = { status: "ready" };
  } catch (error) {
    if (wallState.value.status !== "ready") wallState.value = { status: "failed", error: error as Error };
  }
}

function take(rows: readonly Session[]): void {
  const before = new Set(sessions.value.filter(isRinging).map(({ id }) => id));
  sessions.value = rows;
  if (rows.some((row) => isRinging(row) && !before.has(row.id))) ring();
}

function isRinging(session: Session): boolean {
  return session.status === "ringing";
}

/** Follow the wall until the returned function is called. While no socket can be had, ask every few seconds. */
export function watchWall(): () => void {
  let isLive = false;
  void refreshWall();
  const leave = followWall({
    onSessions: (rows) => {
      take(rows);
      wallState.value = { status: "ready" };
    },
    onLink: (link) => {
      isLive = link.state === "open";
    },
  });
  const polling = setInterval(() => isLive || void refreshWall(), POLL_MS);
  return () => {
    clearInterval(polling);
    leave();
    sessions.value = [];
    wallState.value = { status: "loading" };
  };
}
