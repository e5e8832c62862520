/** Compare profiles across edges with those that the blurred modules would give: small modules run into one another. */

import type { Profiles } from "./profiles";
import type { GreyImage } from "./quads";
import type { Modules, SymbolEdges } from "./symbols";

interface Template {
  readonly side: number;
  readonly data: Float32Array; // 0 dark to 1 light
}

const TEMPLATE_PX = 5; // to a module
const QUIET = 2; // modules around the symbol
const BLUR_STEP = 1.2; // times: so much blurs may differ before another template is drawn
const MOST_TEMPLATES = 64; // of one symbol: some 5 MB
const BLURS_PX = [0.45, 0.65, 0.9, 1.2, 1.6] as const;
const SAMPLES = 13; // across an edge
const REACH = 0.9; // modules to either side
const LEAST_REACH_PX = 1;
const MOST_REACH_PX = 3;
const LEAST_GAIN = 10; // grey levels from dark to light
const ODD = 0.2; // of the contrast: what differs more is covered, or glares
const THINNED = 4;

const WINDOW = Float64Array.from({ length: SAMPLES }, (_, i) => {
  const place = (2 * i) / (SAMPLES - 1) - 1;
  return Math.exp(-0.5 * (place / 0.6) ** 2);
});

const templates = new WeakMap<Modules, Map<string, Template>>();
let seen = new Float32Array(0);
let expected = new Float32Array(0);
let reaches = new Float32Array(0);

/** What the modules' lightness is worth in grey levels, and how badly it explains the picture. */
interface Exposure {
  readonly gain: number;
  readonly level: number;
  readonly misfit: number;
}

/** As `follow`, with edges that an earlier round gave weight; `blur_px` 0: unknown. Returns the blur, 0 when nothing fits. */
export function compare(
  image: GreyImage,
  modules: Modules,
  edges: SymbolEdges,
  h: Float64Array,
  originU: number,
  originV: number,
  into: Profiles,
  blur_px: number,
): { inside: number; blur_px: number } {
  if (seen.length < edges.count * SAMPLES) {
    seen = new Float32Array(edges.count * SAMPLES);
    expected = new Float32Array(edges.count * SAMPLES);
    reaches = new Float32Array(edges.count);
  }
  const [across, down] = modulePixels(h, edges.size);
  let blur = blur_px;
  if (blur === 0) {
    let best = Infinity;
    for (const one of BLURS_PX) {
      sample(image, templateOf(modules, one / across, one / down), edges, h, originU, originV, into, THINNED);
      const { misfit } = exposureOf(edges.count, into, THINNED);
      if (misfit < best) [best, blur] = [misfit, one];
    }
  }
  const inside = sample(
    image,
    templateOf(modules, blur / across, blur / down),
    edges,
    h,
    originU,
    originV,
    into,
    1,
  );
  const { gain, level } = exposureOf(edges.count, into, 1);
  if (!(gain >= LEAST_GAIN)) return { inside, blur_px: 0 };
  measure(edges.count, gain, level, into);
  return { inside, blur_px: blur };
}

/** Profiles of every n-th edge from the picture and the template; strength -1 where one leaves the picture. */
function sample(
  image: GreyImage,
  template: Template,
  edges: SymbolEdges,
  h: Float64Array,
  originU: number,
  originV: number,
  p: Profiles,
  every: number,
): number {
  const { width, height, data } = image;
  const { count, size, x, y, dx, dy } = edges;
  const [h0, h1, h2, h3, h4, h5, h6, h7] = [h[0]!, h[1]!, h[2]!, h[3]!, h[4]!, h[5]!, h[6]!, h[7]!];
  const most = template.side - 1.001;
  let inside = 0;
  for (let i = 0; i < count; i += every) {
    const [X, Y, a, b] = [x[i]!, y[i]!, dx[i]!, dy[i]!];
    const iw = 1 / (h6 * X + h7 * Y + 1);
    const pu = (h0 * X + h1 * Y + h2) * iw;
    const pv = (h3 * X + h4 * Y + h5) * iw;
    const uX = (h0 - h6 * pu) * iw;
    const uY = (h1 - h7 * pu) * iw;
    const vX = (h3 - h6 * pv) * iw;
    const vY = (h4 - h7 * pv) * iw;
    const alongU = uY * a - uX * b;
    const alongV = vY * a - vX * b;
    const inverse = 1 / Math.sqrt(alongU * alongU + alongV * alongV);
    let [nu, nv] = [-alongV * inverse, alongU * inverse];
    let module = (nu * (uX * a + uY * b) + nv * (vX * a + vY * b)) / size;
    if (module < 0) [nu, nv, module] = [-nu, -nv, -module];
    const reach = Math.min(MOST_REACH_PX, Math.max(LEAST_REACH_PX, REACH * module));
    p.u[i] = pu;
    p.v[i] = pv;
    p.nx[i] = nu;
    p.ny[i] = nv;
    p.strength[i] = -1;
    const [midU, midV] = [pu + originU, pv + originV];
    const [endU, endV] = [Math.abs(reach * nu), Math.abs(reach * nv)];
    if (!(midU - endU >= 0 && midV - endV >= 0 && midU + endU < width - 1 && midV + endV < height - 1))
      continue;
    inside++;
    p.strength[i] = 0;
    reaches[i] = reach;
    // One pixel along the normal, in pixels of the template.
    const scale = (size * TEMPLATE_PX) / (uX * vY - uY * vX);
    const stepX = (vY * nu - uY * nv) * scale;
    const stepY = (uX * nv - vX * nu) * scale;
    const atX = ((X + 0.5) * size + QUIET) * TEMPLATE_PX - 0.5;
    const atY = ((Y + 0.5) * size + QUIET) * TEMPLATE_PX - 0.5;
    for (let s = 0, o = i * SAMPLES; s < SAMPLES; s++, o++) {
      const t = ((2 * s) / (SAMPLES - 1) - 1) * reach;
      const pxu = midU + t * nu;
      const pxv = midV + t * nv;
      const left = pxu | 0;
      const top = pxv | 0;
      const at = top * width + left;
      const fx = pxu - left;
      const upper = data[at]! + (data[at + 1]! - data[at]!) * fx;
      const lower = data[at + width]! + (data[at + width + 1]! - data[at + width]!) * fx;
      seen[o] = upper + (lower - upper) * (pxv - top);
      expected[o] = bilinear(
        template,
        Math.min(most, Math.max(0, atX + t * stepX)),
        Math.min(most, Math.max(0, atY + t * stepY)),
      );
    }
  }
  return inside;
}

function bilinear({ side, data }: Template, x: number, y: number): number {
  const left = x | 0;
  const top = y | 0;
  const at = top * side + left;
  const fx = x - left;
  const upper = data[at]! + (data[at + 1]! - data[at]!) * fx;
  const lower = data[at + side]! + (data[at + side + 1]! - data[at + side]!) * fx;
  return upper + (lower - upper) * (y - top);
}

function exposureOf(count: number, { strength, weight }: Profiles, every: number): Exposure {
  let [w, x, y, xx, xy, yy] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < count; i += every) {
    if (strength[i]! < 0 || weight[i] === 0) continue;
    for (let s = 0, o = i * SAMPLES; s < SAMPLES; s++, o++) {
      const [e, g, m] = [expected[o]!, seen[o]!, WINDOW[s]!];
      w += m;
      x += m * e;
      y += m * g;
      xx += m * e * e;
      xy += m * e * g;
      yy += m * g * g;
    }
  }
  const spread = xx - (x * x) / w;
  const gain = (xy - (x * y) / w) / Math.max(spread, 1e-9);
  return { gain, level: (y - gain * x) / w, misfit: yy - (y * y) / w - gain * gain * spread };
}

/** Offsets by least squares on each profile, and strengths; 0 for what looks like nothing of this symbol. */
function measure(count: number, gain: number, level: number, p: Profiles): void {
  for (let i = 0; i < count; i++) {
    p.offset[i] = 0;
    if (p.strength[i]! < 0) {
      p.strength[i] = 0;
      continue;
    }
    const perPx = (SAMPLES - 1) / (4 * reaches[i]!);
    let [pull, power, misfit, total] = [0, 0, 0, 0];
    for (let s = 1, o = i * SAMPLES + 1; s < SAMPLES - 1; s++, o++) {
      const slope = (expected[o + 1]! - expected[o - 1]!) * perPx * gain;
      const away = seen[o]! - level - gain * expected[o]!;
      const m = WINDOW[s]!;
      pull += m * away * slope;
      power += m * slope * slope;
      misfit += m * away * away;
      total += m;
    }
    if (!(power > 1e-6)) continue;
    // An edge farther out makes every point of its profile darker.
    const offset = -pull / power;
    const odd = Math.sqrt(Math.max(0, misfit - (pull * pull) / power) / total) / gain;
    if (odd > ODD || Math.abs(offset) > reaches[i]!) continue;
    p.offset[i] = offset;
    p.strength[i] = Math.sqrt(power);
  }
}

/** Pixels from one edge of a module to the other, measured square to the edge: a symbol seen from the side is narrow. */
export function modulePixels(h: ArrayLike<number>, size: number): readonly [across: number, down: number] {
  const area = Math.abs(h[0]! * h[4]! - h[1]! * h[3]!);
  return [area / Math.hypot(h[1]!, h[4]!) / size, area / Math.hypot(h[0]!, h[3]!) / size];
}

/** The modules under a blur of so many of them across and down. */
function templateOf(modules: Modules, across: number, down: number): Template {
  const [i, k] = [across, down].map((blur) => Math.round(Math.log(blur) / Math.log(BLUR_STEP)));
  const key = `${i} ${k}`;
  let known = templates.get(modules);
  if (!known) templates.set(modules, (known = new Map()));
  const template =
    known.get(key) ?? drawn(modules, BLUR_STEP ** i! * TEMPLATE_PX, BLUR_STEP ** k! * TEMPLATE_PX);
  known.delete(key);
  known.set(key, template);
  if (known.size > MOST_TEMPLATES) known.delete(known.keys().next().value!);
  return template;
}

function drawn({ size, dark }: Modules, across: number, down: number): Template {
  const side = (size + 2 * QUIET) * TEMPLATE_PX;
  const sharp = new Float32Array(side * side).fill(1);
  for (let y = 0; y < size * TEMPLATE_PX; y++)
    for (let x = 0; x < size * TEMPLATE_PX; x++)
      if (dark[Math.floor(y / TEMPLATE_PX) * size + Math.floor(x / TEMPLATE_PX)] === 1)
        sharp[(y + QUIET * TEMPLATE_PX) * side + x + QUIET * TEMPLATE_PX] = 0;
  return { side, data: blurred(blurred(sharp, side, across, 1), side, down, side) };
}

function blurred(from: Float32Array, side: number, sigma: number, stride: number): Float32Array {
  if (sigma <= 0) return from;
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const total = kernel.reduce((sum, value) => sum + value, 0);
  const to = new Float32Array(from.length);
  for (let i = 0; i < from.length; i++) {
    const place = stride === 1 ? i % side : Math.floor(i / side);
    let sum = 0;
    for (let k = -reach; k <= reach; k++)
      sum += kernel[k + reach]! * from[i + (Math.min(side - 1, Math.max(0, place + k)) - place) * stride]!;
    to[i] = sum / total;
  }
  return to;
}
