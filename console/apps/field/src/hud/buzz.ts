/** A short buzz in the hand, where the phone can and the person has touched the page (browsers ask for that). */

export function buzz(pattern: number | number[]): void {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(pattern);
}
