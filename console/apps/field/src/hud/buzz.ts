/** A short buzz in the hand, where the phone can and the person has touched the page (browsers ask for that). */
import type { Signal } from "@nearhand/contract";

export function buzz(pattern: number | readonly number[]): void {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(pattern as number | number[]);
}

/** Each signal is told apart by the hand alone: stop insists, go is one long, wait two even, pull rises, which? is three short. */
export const SIGNAL_BUZZ: Record<Signal, readonly number[]> = {
  stop: [300, 100, 300, 100, 300],
  go: [500],
  wait: [150, 150, 150],
  pull: [80, 60, 160, 60, 320],
  which: [60, 60, 60, 60, 60],
};
