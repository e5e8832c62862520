/** Lock this device after a while untouched, or because the service says so. It says when; only the service unlocks. */
import type { Me } from "@nearhand/contract";
import { computed, signal } from "@preact/signals";
import { lockedOut } from "../rest";
import { me } from "./actor";

/** So that neither a reload nor another page of this browser is a way around. */
const LOCKED = "nearhand.field.locked";
const TOUCHED = "nearhand.field.touched-at";
const LOOK_EVERY_MS = 5000;
/** A clock set back further than this is taken for a long while. */
const CLOCK_SLACK_MS = 60_000;

export const isLocked = signal(false);
export const canLock = computed(() => me.value?.has_pin ?? false);

let locksAfterMs: number | null = null;
let touchedAt = 0;

/** What the service, or the memory of it, says of this sign-in. */
export function takeLock({ has_pin, is_locked, locks_after_s }: Me): void {
  locksAfterMs = has_pin && locks_after_s ? locks_after_s * 1000 : null;
  if (locksAfterMs === null) return forgetLock();
  touchedAt ||= Number(localStorage.getItem(TOUCHED)) || Date.now();
  if (is_locked || localStorage.getItem(LOCKED)) lock();
  else lookAtClock();
}

export function lock(): void {
  if (locksAfterMs === null) return;
  localStorage.setItem(LOCKED, "yes");
  isLocked.value = true;
}

/** The service took the PIN. */
export function unlocked(): void {
  localStorage.removeItem(LOCKED);
  touch();
  isLocked.value = false;
}

/** Nobody is signed in here any more, or by something that does not lock. */
export function forgetLock(): void {
  locksAfterMs = null;
  touchedAt = 0;
  localStorage.removeItem(LOCKED);
  localStorage.removeItem(TOUCHED);
  isLocked.value = false;
}

function touch(): void {
  const now = Date.now();
  if (now - touchedAt > LOOK_EVERY_MS) localStorage.setItem(TOUCHED, String(now));
  touchedAt = now;
}

function lookAtClock(): void {
  if (locksAfterMs === null || isLocked.value) return;
  const idleMs = Date.now() - Math.max(touchedAt, touchedElsewhere());
  if (idleMs > locksAfterMs || idleMs < -CLOCK_SLACK_MS) lock();
}

const touchedElsewhere = () => Number(localStorage.getItem(TOUCHED));

/** Before the touch counts: the first one after a long sleep may come before the clock is looked at. */
function hear(): void {
  if (locksAfterMs === null) return;
  lookAtClock();
  if (!isLocked.value) touch();
}

for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, hear, { capture: true });
document.addEventListener("visibilitychange", lookAtClock);
setInterval(lookAtClock, LOOK_EVERY_MS);
window.addEventListener("storage", ({ key, newValue }) => {
  if (key !== LOCKED || locksAfterMs === null) return;
  if (newValue) lock();
  else unlocked();
});
lockedOut.subscribe((turns) => {
  if (turns > 0) lock();
});
