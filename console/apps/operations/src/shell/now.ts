/** The time on the wall, once a second, for ages and timers on screen. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

const now = signal(Date.now());
let watchers = 0;
let ticking: ReturnType<typeof setInterval> | undefined;

export function useNow(): number {
  useEffect(() => {
    if (watchers++ === 0) ticking = setInterval(() => (now.value = Date.now()), 1000);
    return () => {
      if (--watchers === 0) clearInterval(ticking);
    };
  }, []);
  return now.value;
}
