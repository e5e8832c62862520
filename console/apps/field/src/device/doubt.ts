/** Labels that were not printed here, or may not have been: the whole screen says so before anybody goes by them. */
import { Refusal, type Resolved } from "@nearhand/contract";
import { signal } from "@preact/signals";
import type { Remembered } from "../offline/memory";

export interface Doubted {
  text: string;
  /** Null: the service leads nowhere by it. */
  answer: Remembered<Resolved> | null;
  /** Whether a session or a guide is about another device than the one it leads to. */
  isOther: boolean;
}

export const doubted = signal<Doubted | null>(null);

const SNOOZE_MS = 30_000;

const accepted = new Set<string>();
let snoozed = { text: "", until: 0 };

/** Whether to call this answer out; then it is, and nothing is shown of it yet. An old label is no reason for alarm. */
export function isDoubted(answer: Remembered<Resolved>, text: string, isOther = false): boolean {
  const { doubt } = answer.data;
  if (!doubt || doubt === "unsigned" || accepted.has(text)) return false;
  doubted.value = { text, answer, isOther };
  return true;
}

/** Whether the service refused the label; then it is called out. */
export function isRefused(error: unknown, text: string): boolean {
  if (!(error instanceof Refusal) || error.code !== "label_refused") return false;
  doubted.value = { text, answer: null, isOther: false };
  return true;
}

/** Seen, and turned away: while it stays in view of those who work beside it, it raises no new alarm. */
export function dismissDoubted(): void {
  snoozed = { text: doubted.value?.text ?? "", until: Date.now() + SNOOZE_MS };
  doubted.value = null;
}

export function isSnoozed(text: string): boolean {
  if (text !== snoozed.text || Date.now() >= snoozed.until) return false;
  snoozed.until = Date.now() + SNOOZE_MS;
  return true;
}

/** Somebody has looked and goes by it all the same, until the page is opened anew. */
export function acceptDoubted(): Doubted | null {
  const now = doubted.value;
  if (now) accepted.add(now.text);
  doubted.value = null;
  return now;
}
