/** Decide what a mark may claim: an arrow where its place is sure, else an area with what would help. */
import { type FaceLayout, type Point, projectFace } from "@nearhand/spatial";
import type { Sight } from "./place";

/** Whether a mark may point at one port; `smallSince`: since when its ring is small again. */
export interface Sureness {
  readonly isSure: boolean;
  readonly smallSince: number | null;
}

const BACK_AT = 0.85; // of the limit: a ring that trembles about it does not flicker
const BACK_AFTER_MS = 300;

/** An area at once when the 95 % ring reaches half-way to the next port; an arrow again only when it surely does not. */
export function surenessOf(
  before: Sureness | undefined,
  ring_mm: number,
  pitch_mm: number,
  now_ms: number,
): Sureness {
  const limit = pitch_mm / 2;
  if (!(ring_mm <= limit)) return { isSure: false, smallSince: null };
  if (!before || before.isSure) return { isSure: true, smallSince: null };
  if (ring_mm > limit * BACK_AT) return { isSure: false, smallSince: null };
  const smallSince = before.smallSince ?? now_ms;
  const isSure = now_ms - smallSince >= BACK_AFTER_MS;
  return { isSure, smallSince: isSure ? null : smallSince };
}

export type Side = "left" | "right" | "top" | "bottom";

/** What would make an area an arrow: more pixels on the symbols, or another symbol in the picture. */
export type Advice = { kind: "closer" } | { kind: "show"; what: "tag" | "label"; side: Side };

const CLOSER: Advice = { kind: "closer" };
const WIDE_ENOUGH = 0.5; // of the widest that the symbols of the face could span

interface Symbol {
  readonly what: "tag" | "label";
  readonly at: Point;
  readonly isSeen: boolean;
}

/** Symbols far apart are seen: come closer. Else the one that would widen the base most, if it is off the picture. */
export function adviceFor({ camera, located }: Sight, layout: FaceLayout): Advice {
  const { label, tags } = layout;
  const symbols: Symbol[] = tags.map(({ id, x_mm, y_mm }) => {
    return { what: "tag", at: [x_mm, y_mm], isSeen: located.tags_seen.includes(id) };
  });
  if (label) symbols.push({ what: "label", at: [label.x_mm, label.y_mm], isSeen: located.label_seen });
  const seen = symbols.filter(({ isSeen }) => isSeen);
  if (span(seen) > 0 && span(seen) >= WIDE_ENOUGH * span(symbols)) return CLOSER;
  const middle: Point = seen.length > 0 ? mean(seen) : mean(symbols);
  const missing = symbols
    .filter(({ isSeen }) => !isSeen)
    .sort((a, b) => distance(b.at, middle) - distance(a.at, middle))[0];
  const pixel = missing && projectFace(camera, located.pose, [...missing.at, 0]);
  // In the picture and yet not found: it is too small, or something covers it.
  if (!pixel || isWithin(pixel, camera)) return CLOSER;
  return { kind: "show", what: missing.what, side: sideOf(pixel, camera) };
}

function span(symbols: readonly Symbol[]): number {
  return Math.max(0, ...symbols.flatMap((a) => symbols.map((b) => distance(a.at, b.at))));
}

function mean(symbols: readonly Symbol[]): Point {
  const n = Math.max(1, symbols.length);
  return [
    symbols.reduce((sum, { at }) => sum + at[0], 0) / n,
    symbols.reduce((sum, { at }) => sum + at[1], 0) / n,
  ];
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

interface Picture {
  readonly width: number;
  readonly height: number;
}

function isWithin([x, y]: Point, { width, height }: Picture): boolean {
  return x >= 0 && y >= 0 && x < width && y < height;
}

/** Beyond which edge of the picture: the one it is furthest beyond. */
function sideOf([x, y]: Point, { width, height }: Picture): Side {
  const beyond: [number, Side][] = [
    [-x, "left"],
    [x - width, "right"],
    [-y, "top"],
    [y - height, "bottom"],
  ];
  return beyond.sort((a, b) => b[0] - a[0])[0]![1];
}

/** Something said, since when it would be said, and what is said meanwhile: words do not change with every frame. */
export interface Steady<T> {
  readonly shown: T;
  readonly next: T;
  readonly since: number;
}

const SAME_FOR_MS = 900;

export function steady<T>(before: Steady<T> | undefined, next: T, now_ms: number): Steady<T> {
  if (!before || same(before.shown, next)) return { shown: next, next, since: now_ms };
  if (!same(before.next, next)) return { ...before, next, since: now_ms };
  return now_ms - before.since >= SAME_FOR_MS ? { shown: next, next, since: now_ms } : before;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
