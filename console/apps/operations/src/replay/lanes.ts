/** A lane as a line to draw, however many events it holds. */
import type { Chart } from "@nearhand/contract";

/** One stroke for each place of the lane where something happened: ten thousand events are no more than its width. */
export function ticksOf(times: readonly number[], length_ms: number, width: number, height: number): string {
  const places = new Set(times.map((t_ms) => Math.round((t_ms / length_ms) * width)));
  return [...places].map((x) => `M${x} 3V${height - 3}`).join("");
}

/** The time nearest to a wish, where one is near enough; else the wish itself. */
export function nearest(times: readonly number[], wish_ms: number, within_ms: number): number {
  let best = wish_ms;
  let least = within_ms;
  for (const t_ms of times) {
    const gap = Math.abs(t_ms - wish_ms);
    if (gap <= least) [best, least] = [t_ms, gap];
  }
  return best;
}

/** The mean of each bucket, from the lowest to the highest; a missing bucket is a gap. */
export function lineOf(
  { buckets, bucket_s }: Chart,
  start_ms: number,
  length_ms: number,
  width: number,
  height: number,
): string {
  const means = buckets.map(({ mean }) => mean);
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const gap_ms = longest(buckets, bucket_s);
  let before = Number.NEGATIVE_INFINITY;
  return buckets
    .map(({ at, mean }) => {
      const t_ms = Date.parse(at) - start_ms;
      const x = ((t_ms / length_ms) * width).toFixed(1);
      const share = high > low ? (mean - low) / (high - low) : 0.5;
      const y = (height - 3 - share * (height - 6)).toFixed(1);
      const isGap = t_ms - before > gap_ms;
      before = t_ms;
      return `${isGap ? "M" : "L"}${x} ${y}`;
    })
    .join("");
}

/** What was measured last by then, if not too long before. */
export function valueAt({ buckets, bucket_s }: Chart, at_ms: number): number | null {
  const last = buckets.findLast(({ at }) => Date.parse(at) <= at_ms);
  return last && at_ms - Date.parse(last.at) <= longest(buckets, bucket_s) ? last.mean : null;
}

/** How long the way from one bucket to the next may be: what is measured once a minute has no gap after a second. */
function longest(buckets: Chart["buckets"], bucket_s: number): number {
  const times = buckets.map(({ at }) => Date.parse(at));
  const steps = times.slice(1).map((time, n) => time - times[n]!);
  return 2.5 * Math.max(bucket_s * 1000, steps.length > 0 ? Math.min(...steps) : 0);
}
