/** Who holds this device, as far as is known. */
import type { Actor, Me } from "@nearhand/contract";
import { signal } from "@preact/signals";

/** undefined: not known yet; null: nobody. */
export const actor = signal<Actor | null | undefined>(undefined);
/** What was last heard of them, and of how they signed in on this device. */
export const me = signal<Me | null>(null);
