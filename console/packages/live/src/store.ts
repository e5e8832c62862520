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
    for (const listener of [...this.#listeners]) listener(value);
  }

  subscribe(listener: (value: T) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
