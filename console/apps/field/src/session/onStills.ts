/** Marks that are on one still only, since no device was recognised in it: counted on the camera screen, shown on request. */
import { isOnStill, type StillMark } from "@nearhand/contract";
import { computed, signal } from "@preact/signals";
import { panel } from "../hud/panels";
import { room } from "./room";

export const marksOnStills = computed<readonly StillMark[]>(() => {
  const { annotations, pending } = room.value ?? {};
  return (annotations ?? [])
    .filter(isOnStill)
    .filter(({ id, is_hidden }) => !is_hidden && !pending?.removing.includes(id));
});

/** The stills that have marks, each once, the one marked last at the end. */
export const markedStills = computed<readonly string[]>(() => {
  const newestFirst = [...marksOnStills.value].reverse().map(({ anchor }) => anchor.sha256);
  return [...new Set(newestFirst)].reverse();
});

/** The still that is open, by its SHA-256. */
export const openedStill = signal<string | null>(null);
const looked = signal<ReadonlySet<string>>(new Set());

/** Marks that came since their still was last looked at. */
export const unseenOnStills = computed(() => marksOnStills.value.filter(({ id }) => !looked.value.has(id)));

/** Without a name: the one with a mark not looked at yet, else the one marked last. */
export function openStill(sha256?: string): void {
  openedStill.value = sha256 ?? unseenOnStills.peek()[0]?.anchor.sha256 ?? markedStills.peek().at(-1) ?? null;
  panel.value = "still";
}

export function lookedAt(marks: readonly StillMark[]): void {
  const before = looked.peek();
  if (marks.some(({ id }) => !before.has(id)))
    looked.value = new Set([...before, ...marks.map(({ id }) => id)]);
}
