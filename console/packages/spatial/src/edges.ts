/** Place the corners of a dark quadrilateral to a fraction of a pixel: a straight line through each of its edges. */

import type { Point } from "./homography";
import type { GreyImage, Quad } from "./quads";

interface Line {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

const PROFILE_STEP_PX = 0.5;

/** Null when an edge can not be followed. `reach_px`: how far from the guessed edge the true one may lie. */
export function refineQuad(image: GreyImage, quad: Quad, reach_px: number): Quad | null {
  const lines: Line[] = [];
  for (let k = 0; k < 4; k++) {
    const line = edgeLine(image, quad[k]!, quad[(k + 1) & 3]!, reach_px);
    if (!line) return null;
    lines.push(line);
  }
  const corners = [0, 1, 2, 3].map((k) => meet(lines[(k + 3) & 3]!, lines[k]!));
  if (corners.some((corner) => !corner)) return null;
  return corners as unknown as Quad;
}

/** Bilinear grey value; outside the picture, its nearest pixel. */
export function sample(image: GreyImage, x: number, y: number): number {
  const { width, height, data } = image;
  const cx = Math.min(Math.max(x, 0), width - 1.001);
  const cy = Math.min(Math.max(y, 0), height - 1.001);
  const left = Math.floor(cx);
  const top = Math.floor(cy);
  const [fx, fy] = [cx - left, cy - top];
  const i = top * width + left;
  const upper = data[i]! * (1 - fx) + data[i + 1]! * fx;
  const lower = data[i + width]! * (1 - fx) + data[i + width + 1]! * fx;
  return upper * (1 - fy) + lower * fy;
}

function edgeLine(image: GreyImage, from: Point, to: Point, reach_px: number): Line | null {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  if (length < 4) return null;
  const [nx, ny] = [dy / length, -dx / length]; // outwards, for corners that run clockwise on screen
  const count = Math.min(48, Math.max(8, Math.round(length)));
  const points: Point[] = [];
  for (let i = 0; i < count; i++) {
    const t = 0.1 + (0.8 * i) / (count - 1);
    const [x, y] = [from[0] + t * dx, from[1] + t * dy];
    const offset = edgeOffset(image, x, y, nx, ny, reach_px);
    if (offset !== null) points.push([x + offset * nx, y + offset * ny]);
  }
  if (points.length < count / 2) return null;
  const line = fitLine(points);
  const near = points.filter(
    (point) => Math.abs(distance(line, point)) < Math.max(0.35, spread(line, points) * 1.5),
  );
  return near.length >= 4 ? fitLine(near) : line;
}

/** Where along the normal it turns from dark to light: the centroid of the steepest rise. */
function edgeOffset(
  image: GreyImage,
  x: number,
  y: number,
  nx: number,
  ny: number,
  reach: number,
): number | null {
  const half = Math.ceil(reach / PROFILE_STEP_PX);
  const rises = new Float32Array(2 * half);
  let previous = sample(image, x - half * PROFILE_STEP_PX * nx, y - half * PROFILE_STEP_PX * ny);
  let [best, at] = [0, -1];
  for (let k = 0; k < 2 * half; k++) {
    const offset = (k + 1 - half) * PROFILE_STEP_PX;
    const value = sample(image, x + offset * nx, y + offset * ny);
    const rise = value - previous;
    previous = value;
    rises[k] = rise;
    if (rise > best) [best, at] = [rise, k];
  }
  if (best < 3) return null;
  let [sum, weight] = [0, 0];
  for (let k = at; k < 2 * half && k <= at + 4 && rises[k]! > 0.1 * best; k++) [sum, weight] = [sum + k * rises[k]!, weight + rises[k]!]; // prettier-ignore
  for (let k = at - 1; k >= 0 && k >= at - 4 && rises[k]! > 0.1 * best; k--) [sum, weight] = [sum + k * rises[k]!, weight + rises[k]!]; // prettier-ignore
  return (sum / weight + 0.5 - half) * PROFILE_STEP_PX;
}

function fitLine(points: readonly Point[]): Line {
  const n = points.length;
  const x = points.reduce((sum, p) => sum + p[0], 0) / n;
  const y = points.reduce((sum, p) => sum + p[1], 0) / n;
  let [xx, xy, yy] = [0, 0, 0];
  for (const [px, py] of points) {
    xx += (px - x) ** 2;
    xy += (px - x) * (py - y);
    yy += (py - y) ** 2;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  return { x, y, dx: Math.cos(angle), dy: Math.sin(angle) };
}

function distance(line: Line, [x, y]: Point): number {
  return line.dx * (y - line.y) - line.dy * (x - line.x);
}

function spread(line: Line, points: readonly Point[]): number {
  return Math.sqrt(points.reduce((sum, point) => sum + distance(line, point) ** 2, 0) / points.length);
}

function meet(a: Line, b: Line): Point | null {
  const determinant = a.dx * b.dy - a.dy * b.dx;
  if (Math.abs(determinant) < 0.05) return null;
  const t = ((b.x - a.x) * b.dy - (b.y - a.y) * b.dx) / determinant;
  return [a.x + t * a.dx, a.y + t * a.dy];
}
