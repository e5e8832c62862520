/** What there is to read about a device. */
import type { Document, Guide } from "@nearhand/contract";
import { get } from "../rest";

export interface Manuals {
  documents: Document[];
  guides: Guide[];
}

export function loadManuals(of: { device_id: string }, signal: AbortSignal): Promise<Manuals> {
  return get<Manuals>("/manuals", of, signal);
}
