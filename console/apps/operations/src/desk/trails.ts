/** Where others point just now: the newest place and the fading trail behind it. */
import type { FrameRef, PointerMoved } from "@nearhand/contract";
import { signal } from "@preact/signals";

/** One place of a pointer: on a face, or on a frame where the server could not place it. */
export interface Spot {
  readonly at: number;
  readonly on: { device_id: string; face: string } | null;
  readonly point_mm: readonly [number, number, number] | null;
  readonly frame: FrameRef | null;
  readonly point: readonly [number, number] | null;
}

export const TRAIL_MS = 700;
/** A pointer that rests stays this long, then fades by itself: a lost line must not leave one behind. */
const REST_MS = 4000;
const LONGEST = 24;

export class Trails {
  /** Newest last, by participant. */
  readonly spots = signal<Readonly<Record<string, readonly Spot[]>>>({});
  #frame = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  take({ by, place, points_mm, device }: PointerMoved): void {
    const { [by]: old = [], ...others } = this.spots.peek();
    if (!place) {
      this.spots.value = others;
      return;
    }
    const spot: Spot = {
      at: this.now(),
      on: points_mm ? device : null,
      point_mm: points_mm?.[0] ?? null,
      frame: place.kind === "frame" ? place.frame : null,
      point: place.kind === "frame" ? (place.points[0] ?? null) : null,
    };
    this.spots.value = { ...others, [by]: [...old, spot].slice(-LONGEST) };
    this.#fade();
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
  }

  /** Drop what has faded, at each animation frame until nothing is left. */
  #fade(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const now = this.now();
      this.spots.value = faded(this.spots.peek(), now);
      if (Object.keys(this.spots.peek()).length > 0) this.#fade();
    });
  }
}

export function faded(
  spots: Readonly<Record<string, readonly Spot[]>>,
  now: number,
): Record<string, readonly Spot[]> {
  const alive = Object.entries(spots).flatMap(([by, trail]): [string, readonly Spot[]][] => {
    const newest = trail.at(-1);
    if (!newest || now - newest.at > REST_MS) return [];
    return [[by, trail.filter((spot) => spot === newest || now - spot.at < TRAIL_MS)]];
  });
  return Object.fromEntries(alive);
}
