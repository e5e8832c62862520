/** The one short notice that the HUD shows: what was refused, and why. */
import { signal } from "@preact/signals";

export const notice = signal<{ text: string; at: number } | null>(null);

const SHOWN_MS = 6000;
notice.subscribe((now) => {
  if (now) setTimeout(() => notice.value === now && (notice.value = null), SHOWN_MS);
});
