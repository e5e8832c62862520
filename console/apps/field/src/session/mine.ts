/** A session of this person that is still open, so that closing the page is never the end of it. */
import type { Session } from "@nearhand/contract";
import { signal } from "@preact/signals";
import { getRows } from "../rest";

export const mySession = signal<Session | null>(null);

export async function findMySession(participantId: string): Promise<void> {
  const found = await Promise.all(
    (["open", "ringing"] as const).map((status) => getRows<Session>(`/sessions?status=${status}&limit=100`)),
  ).catch(() => []);
  const mine = found.flat().filter(({ opened_by }) => opened_by === participantId);
  mySession.value = mine.sort((a, b) => b.opened_at.localeCompare(a.opened_at))[0] ?? null;
}
