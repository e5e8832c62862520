/** Tell by what the device on screen is known just now: its label, its tags, motion, its picture, or nothing. */

/** How a pose was found: from symbols in that very frame, carried on by motion, or from the face's own features. */
export type Held = "symbols" | "flow" | "face_picture";

/** What a frame says beside the pose; left out where the reader of frames does not tell. */
export interface HeldState {
  held?: Held | undefined;
  /** Symbols that contradict the layout ("label", "tag 7"). */
  strangers?: readonly string[];
  is_mirrored?: boolean;
}

export type Identity =
  { kind: "label" | "tags" | "picture" | "still" | "nothing" } | { kind: "motion"; for_s: number };

/** When each was last seen of one device, in milliseconds. */
export interface LastSeen {
  readonly deviceId: string;
  readonly label_at: number;
  readonly symbols_at: number;
}

interface Seen extends HeldState {
  readonly deviceId: string;
  readonly at: number;
  readonly located: { readonly label_seen: boolean; readonly tags_seen: readonly number[] };
}

const LABEL_COUNTS_MS = 1500; // it is not looked for in every frame
const SYMBOLS_COUNT_MS = 400; // nor are the tags

export function lastSeen(before: LastSeen | null, { deviceId, at, located, held }: Seen): LastSeen {
  const same = before?.deviceId === deviceId ? before : { label_at: -Infinity, symbols_at: -Infinity };
  const isBySymbols = (held ?? "symbols") === "symbols";
  const isAny = located.label_seen || located.tags_seen.length > 0;
  return {
    deviceId,
    label_at: isBySymbols && located.label_seen ? at : same.label_at,
    symbols_at: isBySymbols && isAny ? at : same.symbols_at,
  };
}

/** `sight` is null when the device is not in view; `hasStill`: a picture of it from before is on screen. */
export function identityOf(
  sight: Seen | null,
  last: LastSeen | null,
  now_ms: number,
  hasStill: boolean,
): Identity {
  if (!sight) return { kind: hasStill ? "still" : "nothing" };
  if (sight.held === "face_picture") return { kind: "picture" };
  const ages = last?.deviceId === sight.deviceId ? last : { label_at: -Infinity, symbols_at: -Infinity };
  if (now_ms - ages.label_at < LABEL_COUNTS_MS) return { kind: "label" };
  if (sight.held !== "flow" || now_ms - ages.symbols_at < SYMBOLS_COUNT_MS) return { kind: "tags" };
  const for_s = Number.isFinite(ages.symbols_at) ? Math.round((now_ms - ages.symbols_at) / 1000) : 0;
  return { kind: "motion", for_s };
}

/** How a contradiction is said: only when it lasts, since a smeared frame may misread anything. */
export interface Contradiction {
  readonly since: number | null;
  readonly lastAt: number;
  readonly isShown: boolean;
}

const CONTRADICTS_AFTER_MS = 400;
const CONTRADICTS_FOR_MS = 1500;

export function contradiction(
  before: Contradiction | null,
  isContradicted: boolean,
  now_ms: number,
): Contradiction {
  if (!isContradicted) {
    const isShown = (before?.isShown ?? false) && now_ms - before!.lastAt < CONTRADICTS_FOR_MS;
    const isRecent = before !== null && now_ms - before.lastAt < CONTRADICTS_AFTER_MS;
    return { since: isRecent ? before.since : null, lastAt: before?.lastAt ?? -Infinity, isShown };
  }
  const since = before?.since ?? now_ms;
  const isShown = (before?.isShown ?? false) || now_ms - since >= CONTRADICTS_AFTER_MS;
  return { since, lastAt: now_ms, isShown };
}
