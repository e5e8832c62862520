/** The open sessions, kept fresh by the wall's WebSocket, and by asking where a socket cannot be had. */
import type { Session } from "@nearhand/contract";
import { computed, signal } from "@preact/signals";
import { API } from "@nearhand/contract";
import { get, type Page } from "../rest";
import { ring } from "./bell";

export type Wall = { status: "loading" } | { status: "failed"; error: Error } | { status: "ready" };

const sessions = signal<ReadonlyMap<string, Session>>(new Map());
export const wallState = signal<Wall>({ status: "loading" });

/** Ringing ones first, then the newest. */
export const openSessions = computed(() => orderForWall([...sessions.value.values()]));
export const ringing = computed(() => openSessions.value.filter((session) => session.status === "ringing").length);

const OPEN = ["ringing", "open"] as const;
const POLL_MS = 5000;
const RETRY_MS = 3000;

export function orderForWall(all: readonly Session[]): Session[] {
  const rank = (session: Session) => (session.status === "ringing" ? 0 : 1);
  return all
    .filter((session) => session.status !== "ended")
    .sort((a, b) => rank(a) - rank(b) || b.opened_at.localeCompare(a.opened_at));
}

export async function refreshWall(): Promise<void> {
  try {
    const pages = await Promise.all(OPEN.map((status) => get<Page<Session>>("/sessions", { status, limit: 200 })));
    take(pages.flatMap((page) => page.items), { isWhole: true }); // prettier-ignore
    wallState.value = { status: "ready" };
  } catch (error) {
    if (wallState.value.status !== "ready") wallState.value = { status: "failed", error: error as Error };
  }
}

function take(rows: readonly Session[], { isWhole }: { isWhole: boolean }): void {
  const before = ringing.value;
  const known: [string, Session][] = isWhole ? [] : [...sessions.value];
  sessions.value = new Map([...known, ...rows.map((row): [string, Session] => [row.id, row])]);
  if (ringing.value > before) ring();
}

/** Follow the wall until the returned function is called. */
export function watchWall(): () => void {
  let isOver = false;
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const follow = () => {
    void refreshWall();
    let wasOpen = false;
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${API}/wall`, "nearhand.v1");
    socket.onopen = () => {
      wasOpen = true;
      void refreshWall();
    };
    socket.onmessage = (event) => take(rowsOf(JSON.parse(String(event.data))), { isWhole: false });
    socket.onclose = () => {
      if (!isOver) timer = setTimeout(follow, wasOpen ? RETRY_MS : POLL_MS);
    };
  };
  follow();
  return () => {
    isOver = true;
    clearTimeout(timer);
    socket?.close();
    sessions.value = new Map();
    wallState.value = { status: "loading" };
  };
}

/** Each frame of the wall is one session's row, or a list of them; anything else is let pass. */
export function rowsOf(said: unknown): Session[] {
  const rows = Array.isArray(said) ? said : [said];
  return rows.filter(isSession);
}

function isSession(row: unknown): row is Session {
  return typeof row === "object" && row !== null && "id" in row && "status" in row;
}
