/** Follow small patches from one picture into the next: pyramidal Lucas-Kanade, checked by the way back. */

import type { Pyramid } from "./pyramid";
import type { GreyImage } from "./quads";

const LEVELS = 3; // coarser ones are for the picture as a whole
const RADIUS = 6;
const SIDE = 2 * RADIUS + 1;
const AREA = SIDE * SIDE;
const EDGED = SIDE + 2;
const STEPS = 8;
const SETTLED_PX = 0.02;
const LEAST_TEXTURE = 8; // smallest eigenvalue of the mean gradient product, (grey levels per pixel) squared
const FARTHEST_PX = 12; // at one level: farther than the patch is wide, it has found something else
const RETURN_PX = 0.6; // the way there and back must end where it began
const WORST_MISFIT = 22; // grey levels, mean over the patch

const template = new Float32Array(EDGED * EDGED);
const across = new Float32Array(AREA);
const down = new Float32Array(AREA);

/** A patch's new place (x, y) after `followPatch`; module-wide, so that nothing is allocated for each patch. */
const found = { x: 0, y: 0 };

/**
 * Where each point (x, y pairs) of `from` is in `to`. `there` holds guesses and is overwritten;
 * `isFound` says for which the answer can be trusted.
 */
export function followPoints(
  from: Pyramid,
  to: Pyramid,
  points: Float32Array,
  there: Float32Array,
  isFound: Uint8Array,
  count: number,
): void {
  const top = Math.min(LEVELS, from.levels.length) - 1;
  for (let i = 0; i < count; i++) {
    const [x, y] = [points[2 * i]!, points[2 * i + 1]!];
    const [gx, gy] = [there[2 * i]!, there[2 * i + 1]!];
    isFound[i] = 0;
    if (!followPatch(from, to, x, y, gx, gy, top)) continue;
    const [nx, ny] = [found.x, found.y];
    // Back with the error of the guess, not with the answer: or the way back would always end well.
    if (!followPatch(to, from, nx, ny, x + (nx - gx), y + (ny - gy), Math.min(1, top))) continue;
    if (Math.hypot(found.x - x, found.y - y) > RETURN_PX) continue;
    there[2 * i] = nx;
    there[2 * i + 1] = ny;
    isFound[i] = 1;
  }
}

function followPatch(
  from: Pyramid,
  to: Pyramid,
  x: number,
  y: number,
  guessX: number,
  guessY: number,
  top: number,
): boolean {
  let [dx, dy] = [guessX - x, guessY - y];
  for (let level = top; level >= 0; level--) {
    const scale = 1 / (1 << level);
    const [px, py] = [(x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5];
    const settled = settle(from.levels[level]!, to.levels[level]!, px, py, px + dx * scale, py + dy * scale);
    if (settled) [dx, dy] = [(found.x - px) / scale, (found.y - py) / scale];
    // A patch that reaches over the edge of a coarse picture may still be whole in the finest.
    else if (level === 0) return false;
  }
  found.x = x + dx;
  found.y = y + dy;
  return true;
}

/** One level: the patch around (x, y) looked for near (qx, qy), brighter or darker as a whole. */
function settle(from: GreyImage, to: GreyImage, x: number, y: number, qx: number, qy: number): boolean {
  if (!cut(from, x, y)) return false;
  // Centred gradients make the answer blind to a change of exposure.
  let [meanX, meanY] = [0, 0];
  for (let row = 0, i = 0; row < SIDE; row++) {
    let p = (row + 1) * EDGED + 1;
    for (let column = 0; column < SIDE; column++, i++, p++) {
      meanX += across[i] = (template[p + 1]! - template[p - 1]!) / 2;
      meanY += down[i] = (template[p + EDGED]! - template[p - EDGED]!) / 2;
    }
  }
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < AREA; i++) {
    const gx = (across[i]! -= meanX / AREA);
    const gy = (down[i]! -= meanY / AREA);
    xx += gx * gx;
    xy += gx * gy;
    yy += gy * gy;
  }
  const determinant = xx * yy - xy * xy;
  const least = ((xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy)) / AREA;
  if (least < LEAST_TEXTURE) return false;

  const { width, height, data } = to;
  const [startX, startY] = [qx, qy];
  let [misfit, shade] = [0, 0];
  for (let step = 0; step < STEPS; step++) {
    const left = Math.floor(qx);
    const upper = Math.floor(qy);
    if (left < RADIUS || upper < RADIUS || left + RADIUS + 1 >= width || upper + RADIUS + 1 >= height)
      return false;
    const [fx, fy] = [qx - left, qy - upper];
    const [w00, w10, w01, w11] = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy];
    let [bx, by] = [0, 0];
    misfit = 0;
    let sum = 0;
    for (let row = 0, i = 0; row < SIDE; row++) {
      let p = (upper - RADIUS + row) * width + left - RADIUS;
      let t = (row + 1) * EDGED + 1;
      for (let column = 0; column < SIDE; column++, i++, p++, t++) {
        const value =
          w00 * data[p]! + w10 * data[p + 1]! + w01 * data[p + width]! + w11 * data[p + width + 1]!;
        const gap = template[t]! - value;
        bx += across[i]! * gap;
        by += down[i]! * gap;
        sum += gap;
        misfit += Math.abs(gap - shade);
      }
    }
    shade = sum / AREA;
    const stepX = (yy * bx - xy * by) / determinant;
    const stepY = (xx * by - xy * bx) / determinant;
    qx += stepX;
    qy += stepY;
    if (!(Math.abs(qx - startX) < FARTHEST_PX && Math.abs(qy - startY) < FARTHEST_PX)) return false;
    if (Math.abs(stepX) < SETTLED_PX && Math.abs(stepY) < SETTLED_PX) break;
  }
  if (misfit / AREA > WORST_MISFIT) return false;
  found.x = qx;
  found.y = qy;
  return true;
}

/** The patch around (x, y) and one pixel more on each side, into `template`. */
function cut({ width, height, data }: GreyImage, x: number, y: number): boolean {
  const left = Math.floor(x) - RADIUS - 1;
  const upper = Math.floor(y) - RADIUS - 1;
  if (left < 0 || upper < 0 || left + EDGED + 1 > width || upper + EDGED + 1 > height) return false;
  const [fx, fy] = [x - Math.floor(x), y - Math.floor(y)];
  const [w00, w10, w01, w11] = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy];
  for (let row = 0, t = 0; row < EDGED; row++) {
    let p = (upper + row) * width + left;
    for (let column = 0; column < EDGED; column++, p++, t++)
      template[t] = w00 * data[p]! + w10 * data[p + 1]! + w01 * data[p + width]! + w11 * data[p + width + 1]!;
  }
  return true;
}
