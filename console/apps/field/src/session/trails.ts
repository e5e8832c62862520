/** Where a pointer has just been: a trail on the device's face that fades. */
import type { PointerMoved } from "@nearhand/contract";
import { signal } from "@preact/signals";

export interface TrailPoint {
  at: number;
  point_mm: readonly [number, number, number];
}

export const TRAIL_MS = 900;
const MAX_POINTS = 30;

/** By participant: only points that the server could place on the face. */
export const trails = signal<Readonly<Record<string, readonly TrailPoint[]>>>({});

export function trace({ by, points_mm }: PointerMoved, now = Date.now()): void {
  const point = points_mm?.[0];
  const { [by]: before = [], ...others } = trails.value;
  if (!point) {
    trails.value = others;
    return;
  }
  const recent = before.filter(({ at }) => now - at < TRAIL_MS).slice(1 - MAX_POINTS);
  trails.value = { ...others, [by]: [...recent, { at: now, point_mm: point as [number, number, number] }] };
}

export function forgetTrails(): void {
  trails.value = {};
}
