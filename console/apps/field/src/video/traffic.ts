/** What a session takes of this phone's data, added up over reloads of the page. */

const STORED = "nearhand.field.traffic";
const KEEP_EVERY = 100_000; // bytes

/** What the page has fetched, as the browser counts it. */
let fetched = 0;
if (typeof PerformanceObserver !== "undefined")
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) fetched += (entry as PerformanceResourceTiming).transferSize ?? 0;
  }).observe({ type: "resource" });

export const fetchedBytes = (): number => fetched;

export class Traffic {
  readonly #before: number;
  /** Of sums that go on from session to session. */
  readonly #since: readonly number[];
  #kept: number;

  /** `sums`: each grows, and counts something else. */
  constructor(
    private readonly sessionId: string,
    private readonly sums: readonly (() => number)[],
  ) {
    this.#kept = this.#before = readStored(sessionId);
    this.#since = sums.map((sum) => sum());
  }

  get bytes(): number {
    return this.sums.reduce((all, sum, at) => all + sum() - this.#since[at]!, this.#before);
  }

  /** So that a page loaded anew goes on counting. */
  keep(isLast = false): void {
    const { bytes } = this;
    if (bytes - this.#kept < KEEP_EVERY && !isLast) return;
    this.#kept = bytes;
    localStorage.setItem(STORED, JSON.stringify({ session: this.sessionId, bytes }));
  }
}

function readStored(sessionId: string): number {
  try {
    const kept = JSON.parse(localStorage.getItem(STORED) ?? "null") as {
      session: string;
      bytes: number;
    } | null;
    return kept?.session === sessionId && Number.isFinite(kept.bytes) ? kept.bytes : 0;
  } catch {
    return 0;
  }
}
