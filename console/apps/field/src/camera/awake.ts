/** Keep the screen on while a session is open: both hands are in the rack. */
import { effect } from "@preact/signals";
import { isLive } from "../session/room";

let lock: WakeLockSentinel | null = null;

async function hold(): Promise<void> {
  if (document.hidden || !isLive.peek() || (lock && !lock.released)) return;
  // Refused on low battery, absent on old browsers: then the screen goes dark as it always did.
  lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
}

export function stayAwake(): () => void {
  const stop = effect(() => {
    if (isLive.value) void hold();
    else void lock?.release();
  });
  document.addEventListener("visibilitychange", hold); // the lock is lost whenever the page is hidden
  return () => {
    stop();
    document.removeEventListener("visibilitychange", hold);
    void lock?.release();
  };
}
