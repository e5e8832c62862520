/** Tell by what the device on screen is known just now: its label, its tags, motion, its picture, or nothing. */

/** How a pose was found: from symbols in that very frame, carried on by motion, or from the face's own features. */
export type Held = "symbols" | "flow" | "face_picture";

/** What a sight says beside the pose; left out where the reader of frames does not tell. */
export interface HeldState {
  held?: Held | undefined;
}

export type Identity =
  { kind: "label" | "tags" | "picture" | "still" | "nothing" } | { kind: "motion"; for_s: number };

/** When each was last seen of one device, in milliseconds. */
export interface LastSeen {
  readonly deviceId: string;
  readonly label_at: number;
  readonly symbols_at: number;
  readonly tags_at: Readonly<Record<number, number>>;
}

interface Seen extends HeldState {
  readonly deviceId: string;
  readonly at: number;
  readonly located: { readonly label_seen: boolean; readonly tags_seen: readonly number[] };
}

const LABEL_COUNTS_MS = 1500; // it is not looked for in every frame
const SYMBOLS_COUNT_MS = 400; // nor are the tags
const LATELY_MS = 1200;
const NEVER = { label_at: -Infinity, symbols_at: -Infinity, tags_at: {} };

export function lastSeen(before: LastSeen | null, seen: Seen): LastSeen {
  const { deviceId, at, located } = seen;
  const same = before?.deviceId === deviceId ? before : { ...NEVER, deviceId };
  if (isCarried(seen)) return same;
  const { label_seen, tags_seen } = located;
  return {
    deviceId,
    label_at: label_seen ? at : same.label_at,
    symbols_at: label_seen || tags_seen.length > 0 ? at : same.symbols_at,
    tags_at: { ...same.tags_at, ...Object.fromEntries(tags_seen.map((id) => [id, at])) },
  };
}

/** Which symbols were seen a moment ago: between two looks for them, no single frame tells. */
export function seenLately(last: LastSeen | null, now_ms: number): Seen["located"] {
  const { label_at, tags_at } = last ?? NEVER;
  const tags = Object.entries(tags_at).filter(([, at]) => now_ms - at < LATELY_MS);
  return { label_seen: now_ms - label_at < LATELY_MS, tags_seen: tags.map(([id]) => Number(id)) };
}

/** A reader of frames that does not say how it found a pose found it without symbols when it saw none. */
function isCarried({ held, located }: Seen): boolean {
  return held === undefined ? !located.label_seen && located.tags_seen.length === 0 : held !== "symbols";
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
  const ages = last?.deviceId === sight.deviceId ? last : NEVER;
  if (now_ms - ages.label_at < LABEL_COUNTS_MS) return { kind: "label" };
  if (!isCarried(sight) || now_ms - ages.symbols_at < SYMBOLS_COUNT_MS) return { kind: "tags" };
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
