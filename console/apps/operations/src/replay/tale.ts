/** What happened, ready to be told again: every event with its time, and the picture people looked at then. */
import type { FrameRef, ServerEvent, Session, SharedStill, Sighting, StoredEvent } from "@nearhand/contract";
import { isEvent } from "@nearhand/live";
import { get } from "../rest";
import { Fold } from "./fold";

const PER_ASK = 1000;

/** The rows of the time line. */
export const LANES = ["pictures", "marks", "work", "words", "signals", "people", "recordings"] as const;
export type Lane = (typeof LANES)[number];

export interface Moment {
  readonly t_ms: number;
  readonly event: ServerEvent;
  readonly lane: Lane;
}

export class Tale {
  readonly fold: Fold;
  readonly moments: readonly Moment[];
  readonly length_ms: number;
  /** What may not be seen: how many events stand withheld in the log. */
  readonly withheld: number;
  readonly #times: readonly number[];
  readonly #momentTimes: readonly number[];
  readonly #pictures: readonly (SharedStill | null)[];
  readonly #stills = new Map<string, SharedStill>();

  constructor(
    readonly session: Session,
    readonly events: readonly StoredEvent[],
  ) {
    this.fold = new Fold(events);
    const start = Date.parse(session.opened_at);
    const moments: Moment[] = [];
    const times: number[] = [];
    const pictures: (SharedStill | null)[] = [];
    let [t_ms, picture] = [0, null as SharedStill | null];
    for (const event of events) {
      if (isEvent(event)) {
        // The server's clock may be set back; the order of the log may not.
        t_ms = Math.max(t_ms, Date.parse(event.at) - start);
        if (event.type === "still.shared") this.#stills.set(keyOf(event.still.frame), event.still);
        picture = this.#lookedAt(event) ?? picture;
        const lane = laneOf(event);
        if (lane) moments.push({ t_ms, event, lane });
      }
      times.push(t_ms);
      pictures.push(picture);
    }
    this.moments = moments;
    this.#momentTimes = moments.map(({ t_ms }) => t_ms);
    this.withheld = events.length - events.filter(isEvent).length;
    this.#times = times;
    this.#pictures = pictures;
    const ended_ms = session.ended_at ? Date.parse(session.ended_at) - start : 0;
    this.length_ms = Math.max(t_ms, ended_ms, 1);
  }

  get start_ms(): number {
    return Date.parse(this.session.opened_at);
  }

  /** What happened last by then. */
  momentAt(t_ms: number): Moment | undefined {
    return this.moments[upTo(this.#momentTimes, t_ms) - 1];
  }

  /** How many events had happened by then. */
  countAt(t_ms: number): number {
    return upTo(this.#times, t_ms);
  }

  timeOf(seq: number): number {
    return this.#times[seq - 1] ?? 0;
  }

  /** The still that was newest, or that somebody went back to by drawing on it. */
  pictureAfter(count: number): SharedStill | null {
    return this.#pictures[count - 1] ?? null;
  }

  sightingOf = (frame: FrameRef): Sighting | null => this.#stills.get(keyOf(frame))?.sighting ?? null;

  #lookedAt(event: ServerEvent): SharedStill | null {
    if (event.type === "still.shared") return event.still;
    const drawn = event.type === "annotation.added" || event.type === "annotation.edited";
    return (drawn && event.annotation.frame && this.#stills.get(keyOf(event.annotation.frame))) || null;
  }
}

const keyOf = ({ stream, frame_id }: FrameRef): string => `${stream}/${frame_id}`;

/** How many of these growing numbers are not above `limit`. */
export function upTo(growing: readonly number[], limit: number): number {
  let [low, high] = [0, growing.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (growing[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function laneOf({ type }: ServerEvent): Lane | null {
  switch (type) {
    case "still.shared":
      return "pictures";
    case "annotation.added":
    case "annotation.edited":
    case "annotation.removed":
    case "annotation.restored":
      return "marks";
    case "step.shown":
    case "device.shown":
    case "document.shown":
      return "work";
    case "chat.said":
      return "words";
    case "signal.given":
    case "approval.asked":
    case "approval.given":
      return "signals";
    case "participant.joined":
    case "session.ended":
      return "people";
    case "recording.asked":
    case "recording.agreed":
    case "recording.began":
    case "recording.paused":
    case "recording.ended":
      return "recordings";
    default:
      return null;
  }
}

/** The whole log; `told` hears how much of it has come. */
export async function loadTale(
  id: string,
  told: (events: number) => void,
  signal: AbortSignal,
): Promise<Tale> {
  const session = await get<Session>(`/sessions/${id}`, {}, signal);
  const events: StoredEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.seq ?? 0;
    const page = await get<StoredEvent[]>(`/sessions/${id}/events`, { after, limit: PER_ASK }, signal);
    events.push(...page);
    told(events.length);
    if (page.length < PER_ASK) return new Tale(session, events);
  }
}
