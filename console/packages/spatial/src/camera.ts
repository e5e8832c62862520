/** Describe a camera: how directions become pixels. Pixel centres are integers; `k1` is OpenCV's. */

export interface Intrinsics {
  readonly width: number;
  readonly height: number;
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
  readonly k1: number;
}

/** Of a phone's main camera, as a part of the picture's longer side; the same constant as the server's. */
export const NOMINAL_FOCAL = 0.8;

export function nominalCamera(width: number, height: number): Intrinsics {
  const focal = NOMINAL_FOCAL * Math.max(width, height);
  return { width, height, fx: focal, fy: focal, cx: (width - 1) / 2, cy: (height - 1) / 2, k1: 0 };
}

/** The same camera for pictures of another resolution; null when their shape differs. */
export function scaledTo(camera: Intrinsics, width: number, height: number): Intrinsics | null {
  const sx = width / camera.width;
  const sy = height / camera.height;
  if (Math.abs(sx / sy - 1) > 0.02) return null;
  return {
    width,
    height,
    fx: camera.fx * sx,
    fy: camera.fy * sy,
    cx: (camera.cx + 0.5) * sx - 0.5,
    cy: (camera.cy + 0.5) * sy - 0.5,
    k1: camera.k1,
  };
}

/** Pixel → direction (x/z, y/z), with the radial distortion undone. */
export function normalise(camera: Intrinsics, u: number, v: number): [number, number] {
  const xd = (u - camera.cx) / camera.fx;
  const yd = (v - camera.cy) / camera.fy;
  let [x, y] = [xd, yd];
  for (let i = 0; camera.k1 !== 0 && i < 20; i++) {
    const factor = 1 + camera.k1 * (x * x + y * y);
    [x, y] = [xd / factor, yd / factor];
  }
  return [x, y];
}
