/** A grey picture and its halvings, in memory that is used again for each frame. */

import type { GreyImage } from "./quads";

export class Pyramid {
  readonly levels: readonly GreyImage[];

  constructor(width: number, height: number, depth: number) {
    const levels: GreyImage[] = [];
    for (let i = 0; i < depth; i++) {
      const [w, h] = [width >> i, height >> i];
      levels.push({ width: w, height: h, data: new Uint8Array(w * h) });
    }
    this.levels = levels;
  }

  get width(): number {
    return this.levels[0]!.width;
  }

  get height(): number {
    return this.levels[0]!.height;
  }

  fill(image: GreyImage): void {
    this.levels[0]!.data.set(image.data);
    for (let i = 1; i < this.levels.length; i++) halveInto(this.levels[i - 1]!, this.levels[i]!);
  }
}

function halveInto(from: GreyImage, to: GreyImage): void {
  const { width, data } = from;
  const out = to.data;
  let i = 0;
  for (let y = 0; y < to.height; y++) {
    let p = 2 * y * width;
    for (let x = 0; x < to.width; x++, p += 2, i++)
      out[i] = (data[p]! + data[p + 1]! + data[p + width]! + data[p + width + 1]! + 2) >> 2;
  }
}

/** How much fine detail a picture has: motion blur takes it away. Grey levels, squared. */
export function sharpness({ width, height, data }: GreyImage): number {
  let [sum, count] = [0, 0];
  for (let y = 1; y < height - 1; y += 3) {
    for (let x = 1; x < width - 1; x += 3) {
      const i = y * width + x;
      const across = 2 * data[i]! - data[i - 1]! - data[i + 1]!;
      const down = 2 * data[i]! - data[i - width]! - data[i + width]!;
      sum += across * across + down * down;
      count++;
    }
  }
  return count > 0 ? sum / count : 0;
}
