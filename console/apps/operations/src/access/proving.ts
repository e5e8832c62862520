/** Acts that change how one signs in ask for a fresh proof; this asks for it once, then acts again. */
import { Refusal } from "@nearhand/contract";
import { signal } from "@preact/signals";

/** Set while the proof is asked for; called with whether it was given. */
export const proofWanted = signal<((isGiven: boolean) => void) | null>(null);

/** The person chose not to prove it. */
export class NotProved extends Error {}

export async function proved<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refusal && error.code === "confirm_first")) throw error;
  }
  const isGiven = await new Promise<boolean>((resolve) => (proofWanted.value = resolve));
  proofWanted.value = null;
  if (!isGiven) throw new NotProved();
  return act();
}
