/** Calculate with rectangles and lines of the screen. */

import type { Point } from "./homography";
import type { Size } from "./image";

export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

export function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Where the line from the rectangle's middle to the point leaves it; the point itself when that is inside. */
export function towards(plate: Rect, at: Point): Point {
  const [x, y] = middle(plate);
  const [dx, dy] = [at[0] - x, at[1] - y];
  const share = Math.max(Math.abs(dx) / (plate.width / 2), Math.abs(dy) / (plate.height / 2));
  return share <= 1 ? at : [x + dx / share, y + dy / share];
}

export function segmentsCross(a: Point, b: Point, c: Point, d: Point): boolean {
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

function side(a: Point, b: Point, p: Point): number {
  return Math.sign((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]));
}

/** Whether the rectangle comes nearer to the point than this. */
export function reaches(plate: Rect, [x, y]: Point, radius: number): boolean {
  const dx = Math.max(plate.x - x, 0, x - plate.x - plate.width);
  const dy = Math.max(plate.y - y, 0, y - plate.y - plate.height);
  return Math.hypot(dx, dy) < radius;
}

export function sum([x, y]: Point, [dx, dy]: Point): Point {
  return [x + dx, y + dy];
}

export function middle({ x, y, width, height }: Rect): Point {
  return [x + width / 2, y + height / 2];
}

export function clampPoint([x, y]: Point, { width, height }: Size): Point {
  return [clamp(x, 0, width), clamp(y, 0, height)];
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
