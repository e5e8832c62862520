/** The time, once a second, for ages and timers on screen. */
import { signal } from "@preact/signals";

export const nowMs = signal(Date.now());
setInterval(() => (nowMs.value = Date.now()), 1000);
