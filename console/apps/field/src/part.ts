/** Parts of the app that the first screen does without: each comes when it is wanted, or ahead, once the page is quiet. */
import { type ReadonlySignal, signal } from "@preact/signals";

export interface Part<T> {
  /** Null until it has come. */
  readonly here: ReadonlySignal<T | null>;
  /** Comes once; after a failure the next call tries again. */
  readonly load: () => Promise<T>;
}

export function part<T>(bring: () => Promise<T>): Part<T> {
  const here = signal<T | null>(null);
  let coming: Promise<T> | null = null;
  const load = () =>
    (coming ??= bring().then(
      (loaded) => (here.value = loaded),
      (error: unknown) => {
        coming = null;
        throw error;
      },
    ));
  return { here, load };
}

/** Fetch ahead. What fails here is asked for again by whoever wants it, and told there. */
export function fetchAhead(...parts: readonly Part<unknown>[]): void {
  for (const { load } of parts) load().catch(() => undefined);
}

/** The camera and the reader of labels start first. */
const FIRST_SCREEN_MS = 1500;
/** While the camera runs, the browser may never call itself idle. */
const PATIENCE_MS = 3000;

/** When the first screen stands and nothing urgent is left to do. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => {
      if ("requestIdleCallback" in window) requestIdleCallback(() => resolve(), { timeout: PATIENCE_MS });
      else resolve();
    }, FIRST_SCREEN_MS);
  });
}
