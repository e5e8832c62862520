/** What happened in the session, in order: earlier events asked for once, later ones as they are told. */
import type { ServerEvent, ServerMessage, SharedStill, StoredEvent } from "@nearhand/contract";
import { isEvent } from "@nearhand/live";
import { signal } from "@preact/signals";
import { get } from "../rest";

const PER_ASK = 1000;
const KEPT = 1000;
const SHOWN = new Set<ServerEvent["type"]>([
  "still.shared",
  "annotation.added",
  "signal.given",
  "step.shown",
  "device.shown",
  "approval.asked",
  "approval.given",
  "participant.joined",
  "session.ended",
]);

export class Timeline {
  readonly events = signal<readonly ServerEvent[]>([]);
  readonly problem = signal<Error | null>(null);
  /** By hash, of the whole session: marks stay fixed to a picture of no device, however long ago it was shared. */
  readonly #bareStills = new Map<string, SharedStill>();

  constructor(private readonly sessionId: string) {}

  /** Everything up to now; a page is full until the last one. */
  async load(): Promise<void> {
    this.problem.value = null;
    try {
      let after = 0;
      for (;;) {
        const events = await get<StoredEvent[]>(`/sessions/${this.sessionId}/events`, {
          after,
          limit: PER_ASK,
        });
        this.#add(events.filter(isEvent));
        if (events.length < PER_ASK) return;
        after = events.at(-1)!.seq;
      }
    } catch (error) {
      this.problem.value = error as Error;
    }
  }

  /** The picture of no recognised device with this hash. */
  bareStill(sha256: string): SharedStill | undefined {
    return this.#bareStills.get(sha256);
  }

  take(message: ServerMessage): void {
    if (isEvent(message)) this.#add([message]);
  }

  #add(events: readonly ServerEvent[]): void {
    for (const event of events)
      if (event.type === "still.shared" && !event.still.sighting)
        this.#bareStills.set(event.still.sha256, event.still);
    this.events.value = merged(
      this.events.peek(),
      events.filter((event) => SHOWN.has(event.type)),
    );
  }
}

/** Both lists as one, by seq, each event once. */
export function merged(known: readonly ServerEvent[], news: readonly ServerEvent[]): readonly ServerEvent[] {
  if (news.length === 0) return known;
  const bySeq = new Map([...known, ...news].map((event) => [event.seq, event]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq).slice(-KEPT);
}
