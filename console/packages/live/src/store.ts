/** A value that listeners follow: what a view library binds to. */

export type Unsubscribe = () => void;

/** `get()` the newest value; `subscribe` to be told when there is a newer one. */
export interface Store<T> {
  get(): T;
  subscribe(listener: (value: T) => void): Unsubscribe;
}

export class Value<T> implements Store<T> {
  readonly #listeners = new Set<(value: T) => void>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  set(value: T): void {
    this.#value = value;
    tellAll(this.#listeners, value);
  }

  subscribe(listener: (value: T) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Call each listener. One that throws is reported, and neither stops the others nor what is being told. */
export function tellAll<T>(listeners: Iterable<(value: T) => void>, value: T): void {
  for (const listener of [...listeners]) {
    try {
      listener(value);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
