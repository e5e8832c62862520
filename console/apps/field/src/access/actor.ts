/** Who holds this device, as far as is known. */
import type { Actor } from "@nearhand/contract";
import { signal } from "@preact/signals";

/** undefined: not known yet; null: nobody. */
export const actor = signal<Actor | null | undefined>(undefined);
