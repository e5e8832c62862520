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

/** Intrinsics, and how sure they are: standard deviations of the focal length's logarithm and of `k1`. */
export interface CameraBelief extends Intrinsics {
  readonly focal_sd?: number;
  readonly k1_sd?: number;
}

// What is believed of a camera that says nothing about itself, and of one that is given without such figures.
const NOMINAL_SD = { focal_sd: 0.1, k1_sd: 0.03 } as const;
const GIVEN_SD = { focal_sd: 0.05, k1_sd: 0.03 } as const;

/** Of a phone's main camera, as a part of the picture's longer side; the same constant as the server's. */
export const NOMINAL_FOCAL = 0.8;

export function nominalCamera(width: number, height: number): Intrinsics {
  const focal = NOMINAL_FOCAL * Math.max(width, height);
  return { width, height, fx: focal, fy: focal, cx: (width - 1) / 2, cy: (height - 1) / 2, k1: 0 };
}

export function nominalBelief(width: number, height: number): CameraBelief {
  return { ...nominalCamera(width, height), ...NOMINAL_SD };
}

export function surenessOf({ focal_sd, k1_sd }: CameraBelief): { focal_sd: number; k1_sd: number } {
  return { focal_sd: focal_sd ?? GIVEN_SD.focal_sd, k1_sd: k1_sd ?? GIVEN_SD.k1_sd };
}

/** The intrinsics alone, as messages carry them. */
export function intrinsicsOf({ width, height, fx, fy, cx, cy, k1 }: Intrinsics): Intrinsics {
  return { width, height, fx, fy, cx, cy, k1 };
}

/** The camera with another focal length (`log_focal` added to its logarithm) and `k1` moved. */
export function adjusted(camera: Intrinsics, log_focal: number, k1: number): Intrinsics {
  const scale = Math.exp(log_focal);
  return {
    ...intrinsicsOf(camera),
    fx: camera.fx * scale,
    fy: camera.fy * scale,
    k1: camera.k1 + k1,
  };
}

/** The same camera for pictures of another resolution; null when their shape differs. */
export function scaledTo<C extends Intrinsics>(camera: C, width: number, height: number): C | null {
  const sx = width / camera.width;
  const sy = height / camera.height;
  if (Math.abs(sx / sy - 1) > 0.02) return null;
  return {
    ...camera,
    width,
    height,
    fx: camera.fx * sx,
    fy: camera.fy * sy,
    cx: (camera.cx + 0.5) * sx - 0.5,
    cy: (camera.cy + 0.5) * sy - 0.5,
  };
}

/** Pixel → direction (x/z, y/z), with the radial distortion undone; NaN where no ray of the model meets the pixel. */
export function normalise(camera: Intrinsics, u: number, v: number): [number, number] {
  const xd = (u - camera.cx) / camera.fx;
  const yd = (v - camera.cy) / camera.fy;
  if (camera.k1 === 0) return [xd, yd];
  const rd = Math.hypot(xd, yd);
  if (rd === 0) return [0, 0];
  const k = camera.k1;
  let r = rd;
  for (let i = 0; i < 20; i++) {
    const step = (r * (1 + k * r * r) - rd) / (1 + 3 * k * r * r);
    r -= step;
    if (!(Math.abs(step) > 1e-13)) break;
  }
  // Past the radius where the model folds back, the pixel belongs to no ray.
  const isMet = 1 + 3 * k * r * r > 0 && Math.abs(r * (1 + k * r * r) - rd) < 1e-9 && r >= 0;
  const scale = isMet ? r / rd : NaN;
  return [xd * scale, yd * scale];
}
