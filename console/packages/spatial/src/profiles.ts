/** Measure where a symbol's edges lie in the picture: along each one's normal, the middle of the rise. */

import type { GreyImage } from "./quads";
import type { SymbolEdges } from "./symbols";

/** Rows of one symbol's edges, reused from call to call. Offsets along the normal, which runs from dark to light. */
export interface Profiles {
  capacity: number;
  u: Float64Array;
  v: Float64Array;
  nx: Float64Array;
  ny: Float64Array;
  offset: Float64Array;
  /** Grey levels of rise within the window; 0 where the profile leaves the picture. */
  strength: Float64Array;
  weight: Float64Array;
  sorted: Float64Array;
}

const LEAST_REACH_PX = 1;
const MOST_REACH_PX = 4;
const STEP_PX = 0.4;
const LEAST_GAIN = 0.35;
const WINDOW = 2; // exponent at the window's end: a Gaussian of half the reach

export function newProfiles(capacity: number): Profiles {
  const column = () => new Float64Array(capacity);
  return {
    capacity,
    u: column(),
    v: column(),
    nx: column(),
    ny: column(),
    offset: column(),
    strength: column(),
    weight: column(),
    sorted: column(),
  };
}

/**
 * Follow all edges of a symbol that `h` places (pixels from `originU`, `originV`), `reach` modules to either side.
 * Returns how many lie within the picture.
 */
export function follow(
  image: GreyImage,
  edges: SymbolEdges,
  h: Float64Array,
  originU: number,
  originV: number,
  reach: number,
  into: Profiles,
): number {
  const { width, height, data } = image;
  const { count, size, x, y, dx, dy } = edges;
  const { u, v, nx, ny, offset, strength } = into;
  const [h0, h1, h2, h3, h4, h5, h6, h7] = [h[0]!, h[1]!, h[2]!, h[3]!, h[4]!, h[5]!, h[6]!, h[7]!];
  let [inside, spread, told] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [X, Y, a, b] = [x[i]!, y[i]!, dx[i]!, dy[i]!];
    const iw = 1 / (h6 * X + h7 * Y + 1);
    const pu = (h0 * X + h1 * Y + h2) * iw;
    const pv = (h3 * X + h4 * Y + h5) * iw;
    const [uX, uY, vX, vY] = [
      (h0 - h6 * pu) * iw,
      (h1 - h7 * pu) * iw,
      (h3 - h6 * pv) * iw,
      (h4 - h7 * pv) * iw,
    ];
    const [alongU, alongV] = [uY * a - uX * b, vY * a - vX * b];
    const inverse = 1 / Math.sqrt(alongU * alongU + alongV * alongV);
    let [normalU, normalV] = [-alongV * inverse, alongU * inverse];
    let module = (normalU * (uX * a + uY * b) + normalV * (vX * a + vY * b)) / size;
    if (module < 0) [normalU, normalV, module] = [-normalU, -normalV, -module];
    const half = Math.min(MOST_REACH_PX, Math.max(LEAST_REACH_PX, reach * module));
    u[i] = pu;
    v[i] = pv;
    nx[i] = normalU;
    ny[i] = normalV;
    strength[i] = 0;
    offset[i] = 0;
    const [midU, midV] = [pu + originU, pv + originV];
    const [endU, endV] = [Math.abs(half * normalU), Math.abs(half * normalV)];
    if (!(midU - endU >= 0 && midV - endV >= 0 && midU + endU < width - 1 && midV + endV < height - 1))
      continue;
    inside++;
    const steps = Math.ceil(half / STEP_PX);
    const step = half / steps;
    let [sum, moment, second, previous] = [0, 0, 0, 0];
    for (let s = -steps; s <= steps; s++) {
      const px = midU + s * step * normalU;
      const py = midV + s * step * normalV;
      const left = px | 0;
      const top = py | 0;
      const fx = px - left;
      const at = top * width + left;
      const upper = data[at]! + (data[at + 1]! - data[at]!) * fx;
      const lower = data[at + width]! + (data[at + width + 1]! - data[at + width]!) * fx;
      const value = upper + (lower - upper) * (py - top);
      if (s > -steps && value > previous) {
        const place = (s - 0.5) / steps;
        const rise = (value - previous) * Math.exp(-WINDOW * place * place);
        sum += rise;
        moment += rise * place;
        second += rise * place * place;
      }
      previous = value;
    }
    strength[i] = sum;
    if (!(sum > 1e-6)) continue;
    const mean = moment / sum;
    offset[i] = mean * half;
    spread += second / sum - mean * mean;
    told++;
  }
  // A rise that is wide for its window is cut at one side: its middle seems nearer to the start than it is.
  const gain = 1 - (2 * WINDOW * spread) / Math.max(1, told);
  const stretch = 1 / Math.max(LEAST_GAIN, gain);
  for (let i = 0; i < count; i++) offset[i]! *= stretch;
  return inside;
}
