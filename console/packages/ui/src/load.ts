/** Load something for as long as a component shows it: loading, ready or failed, with a way to try again. */
import { useCallback, useEffect, useState } from "preact/hooks";

export type Loaded<T> =
  | { status: "loading"; data: T | undefined }
  | { status: "ready"; data: T }
  | { status: "failed"; data: T | undefined; error: Error };

/** Loads anew whenever `key` changes; an answer that comes too late for its key is dropped. */
export function useLoad<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
): Loaded<T> & { reload: () => void } {
  const [turn, setTurn] = useState(0);
  const [held, setHeld] = useState<{ key: string; state: Loaded<T> }>({
    key,
    state: { status: "loading", data: undefined },
  });
  useEffect(() => {
    const abort = new AbortController();
    const settle = (state: Loaded<T>) => abort.signal.aborted || setHeld({ key, state });
    load(abort.signal).then(
      (data) => settle({ status: "ready", data }),
      (error: unknown) => settle({ status: "failed", data: undefined, error: asError(error) }),
    );
    return () => abort.abort();
    // `load` is made anew by each render; `key` says when it means something else.
  }, [key, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const state: Loaded<T> = held.key === key ? held.state : { status: "loading", data: undefined };
  return { ...state, reload };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
