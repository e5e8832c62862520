/** Map one plane to another: the homography of point pairs, and points through it. */

import { solve } from "./linear";

export type Point = readonly [number, number];
export type Homography = readonly number[]; // row-major 3x3, last element 1 unless normalised otherwise

/** Least squares over four or more pairs (`from[i]` → `to[i]`); null when they are degenerate. */
export function findHomography(from: readonly Point[], to: readonly Point[]): Homography | null {
  if (from.length < 4 || from.length !== to.length) return null;
  const a = conditioning(from);
  const b = conditioning(to);
  const normal = new Array<number>(64).fill(0);
  const right = new Array<number>(8).fill(0);
  from.forEach((point, i) => {
    const x = (point[0] - a.x) * a.scale;
    const y = (point[1] - a.y) * a.scale;
    const u = (to[i]![0] - b.x) * b.scale;
    const v = (to[i]![1] - b.y) * b.scale;
    add(normal, right, [x, y, 1, 0, 0, 0, -u * x, -u * y], u);
    add(normal, right, [0, 0, 0, x, y, 1, -v * x, -v * y], v);
  });
  const h = solve(normal, right);
  if (!h) return null;
  // undo the conditioning: B⁻¹ H A
  const [h0, h1, h2, h3, h4, h5, h6, h7] = h as [number, number, number, number, number, number, number, number]; // prettier-ignore
  const rows = [
    [h0 / b.scale + b.x * h6, h1 / b.scale + b.x * h7, h2 / b.scale + b.x],
    [h3 / b.scale + b.y * h6, h4 / b.scale + b.y * h7, h5 / b.scale + b.y],
    [h6, h7, 1],
  ];
  const out = rows.flatMap(([p, q, r]) => [
    p! * a.scale,
    q! * a.scale,
    r! - p! * a.scale * a.x - q! * a.scale * a.y,
  ]);
  const last = out[8]!;
  return Math.abs(last) > 1e-12 ? out.map((value) => value / last) : out;
}

export function applyHomography(h: Homography, x: number, y: number): [number, number] {
  const w = h[6]! * x + h[7]! * y + h[8]!;
  return [(h[0]! * x + h[1]! * y + h[2]!) / w, (h[3]! * x + h[4]! * y + h[5]!) / w];
}

function conditioning(points: readonly Point[]): { x: number; y: number; scale: number } {
  const n = points.length;
  const x = points.reduce((sum, p) => sum + p[0], 0) / n;
  const y = points.reduce((sum, p) => sum + p[1], 0) / n;
  const spread = points.reduce((sum, p) => sum + Math.hypot(p[0] - x, p[1] - y), 0) / n;
  return { x, y, scale: spread > 0 ? Math.SQRT2 / spread : 1 };
}

function add(normal: number[], right: number[], row: readonly number[], value: number): void {
  for (let i = 0; i < 8; i++) {
    right[i]! += row[i]! * value;
    for (let j = 0; j < 8; j++) normal[i * 8 + j]! += row[i]! * row[j]!;
  }
}
