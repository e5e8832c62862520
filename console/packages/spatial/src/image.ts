/** Convert between pixels, the 0..1 points of messages, and a picture shown with `object-fit`. */

import type { Point } from "./homography";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Fit {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

/** Pixel (centres at integers) → 0..1 from the picture's top left. */
export function toUnit(size: Size, [x, y]: Point): Point {
  return [(x + 0.5) / size.width, (y + 0.5) / size.height];
}

export function fromUnit(size: Size, [u, v]: Point): Point {
  return [u * size.width - 0.5, v * size.height - 0.5];
}

/** How a picture lies in a box: `cover` fills the box and is cut, `contain` shows all of it with bars. */
export function fit(picture: Size, box: Size, how: "cover" | "contain"): Fit {
  const ratios = [box.width / picture.width, box.height / picture.height] as const;
  const scale = how === "cover" ? Math.max(...ratios) : Math.min(...ratios);
  return {
    scale,
    left: (box.width - picture.width * scale) / 2,
    top: (box.height - picture.height * scale) / 2,
  };
}

/** Picture pixel → place in the box. */
export function pictureToBox({ scale, left, top }: Fit, [x, y]: Point): Point {
  return [left + (x + 0.5) * scale, top + (y + 0.5) * scale];
}

export function boxToPicture({ scale, left, top }: Fit, [x, y]: Point): Point {
  return [(x - left) / scale - 0.5, (y - top) / scale - 0.5];
}
