/** The one short notice that the HUD shows: what was refused, and why. */
import type { RefusedWish } from "@nearhand/live";
import { signal } from "@preact/signals";
import { refusalText } from "../words/refusals";

export const notice = signal<{ text: string; at: number; isGood?: boolean } | null>(null);

const SHOWN_MS = 6000;
notice.subscribe((now) => {
  if (now) setTimeout(() => notice.value === now && (notice.value = null), SHOWN_MS);
});

const QUIET = new Set(["still.share"]); // an unwanted still is no news for the person at the rack
const DONE = "said_before"; // a voice note that an earlier page has said already

export function tellRefusal(refusal: RefusedWish): void {
  if (refusal.code === DONE || (refusal.wish && QUIET.has(refusal.wish.type))) return;
  notice.value = { text: refusalText(refusal), at: Date.now() };
}
