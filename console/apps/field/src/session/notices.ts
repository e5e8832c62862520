/** The one short notice that the HUD shows: what was refused, and why. */
import type { RefusedWish } from "@nearhand/live";
import { signal } from "@preact/signals";

export const notice = signal<{ text: string; at: number } | null>(null);

const SHOWN_MS = 6000;
notice.subscribe((now) => {
  if (now) setTimeout(() => notice.value === now && (notice.value = null), SHOWN_MS);
});

const QUIET = new Set(["still.share"]); // an unwanted still is no news for the person at the rack

export function tellRefusal({ title, detail, wish }: RefusedWish): void {
  if (wish && QUIET.has(wish.type)) return;
  notice.value = { text: detail || title, at: Date.now() };
}
