/** The session as it was after any number of its events: folded once, and from the nearest kept view after that. */
import type { StoredEvent } from "@nearhand/contract";
import { EMPTY_SESSION, reduce, type SessionView } from "@nearhand/live";

/** Views share what they have in common, so one for so many events costs little. */
const KEPT_EVERY = 250;
const START: SessionView = { ...EMPTY_SESSION, awaitsState: false };

export class Fold {
  readonly #kept: SessionView[] = [START];
  #last = { count: 0, view: START };

  /** `events`: the log from its first event on, without gaps. */
  constructor(private readonly events: readonly StoredEvent[]) {}

  /** As of the first `count` events; asked in order, each event is folded once. */
  after(count: number): SessionView {
    const wanted = Math.max(0, Math.min(count, this.events.length));
    const index = Math.min(Math.floor(wanted / KEPT_EVERY), this.#kept.length - 1);
    let { count: at, view } = this.#last;
    if (at > wanted || at < index * KEPT_EVERY) {
      at = index * KEPT_EVERY;
      view = this.#kept[index]!;
    }
    for (; at < wanted;) {
      view = reduce(view, this.events[at]!);
      at++;
      if (at === this.#kept.length * KEPT_EVERY) this.#kept.push(view);
    }
    this.#last = { count: wanted, view };
    return view;
  }
}
