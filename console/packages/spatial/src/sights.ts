/** Turn what detectors found of a face's symbols into measurements: registered where the picture allows it. */

import type { Intrinsics } from "./camera";
import { type Homography, type Point, applyHomography, findHomography } from "./homography";
import type { FaceLayout, FoundLabel, LookOptions } from "./locate";
import { type EdgePoints, pointsFrom } from "./points";
import { projectFace } from "./project";
import type { GreyImage, Quad } from "./quads";
import { type PrintedSymbol, type Registration, likeness, registerSymbol } from "./register";
import { type Modules, tagModules } from "./symbols";
import type { FoundTag } from "./tags";

/** One place in the picture where a symbol of the layout may be. */
export interface Sight {
  readonly name: string;
  readonly tag: number | null; // its number; null for the label
  readonly corners_mm: Quad;
  readonly corners_px: Quad;
  readonly sd_px: number; // of a corner
  readonly corners: EdgePoints;
  readonly points: EdgePoints;
  readonly isHeld: boolean;
}

/** A symbol of the layout with all places where it may be: two racks can hold the same tag. */
export interface Symbol {
  readonly name: string;
  readonly sights: readonly Sight[];
}

const LABEL_SD_PX = 0.7; // decoders report whole pixels
const TAG_SD_PX = 0.15; // measured 0.03 px median, 0.14 px p95 on rendered 720p faces; real lenses blur more
const REGISTERED_SD_PX = 0.12;
const LEAST_LIKENESS = 0.5;
const LEAST_SHARE = 0.3;
/** What a symbol must show to be believed where no detector found it. */
const HELD = { likeness: 0.65, share: 0.55 } as const;
const SEARCH_STEP = 0.5; // modules
const MOST_STEPS = 24; // to either side

const UNIT: readonly Point[] = [
  [-0.5, -0.5],
  [0.5, -0.5],
  [0.5, 0.5],
  [-0.5, 0.5],
];

export function symbolsOf(
  layout: FaceLayout,
  labels: readonly FoundLabel[],
  tags: readonly FoundTag[],
  options: LookOptions,
): Symbol[] {
  const found: Symbol[] = [];
  for (const one of printedOn(layout, options)) {
    const corners =
      one.tag === null
        ? labels.filter((label) => sameText(label.text, layout.label!.text)).map((label) => label.corners_px)
        : tags.filter((tag) => tag.id === one.tag).map((tag) => tag.corners_px);
    const sights = corners.map((px) => sightAt(one, px, options.image));
    if (sights.length === 0 && options.expected) {
      const { camera, pose } = options.expected;
      const held = sightHeld(one, camera, pose, EXPECTED_REACH_PX, options);
      if (held) sights.push(held);
    }
    if (sights.length > 0) found.push({ name: one.name, sights });
  }
  return found;
}

const EXPECTED_REACH_PX = 6;

/** A symbol of the layout, and its modules where they are known. */
export interface Printed extends PrintedSymbol {
  readonly name: string;
  readonly tag: number | null;
  readonly modules: Modules | null;
}

export function printedOn(layout: FaceLayout, { recall }: LookOptions): Printed[] {
  const tags = layout.tags.map((tag): Printed => ({
    ...tag,
    name: `tag ${tag.id}`,
    tag: tag.id,
    modules: tagModules(tag.id),
  }));
  const { label } = layout;
  if (!label) return tags;
  return [{ ...label, name: "label", tag: null, modules: recall?.(label.text) ?? null }, ...tags];
}

function sightAt(printed: Printed, corners_px: Quad, image: GreyImage | undefined): Sight {
  const start = image && printed.modules && findHomography(UNIT, corners_px);
  const registered = start && registerSymbol(image, printed.modules!, start, printed);
  if (registered && registered.share >= LEAST_SHARE && registered.likeness >= LEAST_LIKENESS)
    return registeredSight(printed, registered, false);
  const sd_px = printed.tag === null ? LABEL_SD_PX : TAG_SD_PX;
  const corners = pointsFrom(symbolCorners(printed), corners_px, sd_px);
  return { ...named(printed), corners_px, sd_px, corners, points: corners, isHeld: false };
}

/** Look for a symbol where a pose predicts it, within `reach_px`; null when it does not truly show there. */
export function sightHeld(
  printed: Printed,
  camera: Intrinsics,
  pose: readonly number[],
  reach_px: number,
  { image, fresh }: LookOptions,
): Sight | null {
  if (!image || !printed.modules) return null;
  const corners = symbolCorners(printed).map(([x, y]) => projectFace(camera, pose, [x, y, 0]));
  if (corners.some((p) => !p)) return null;
  const isWithin = ({ x, y, w, h }: { x: number; y: number; w: number; h: number }) =>
    corners.every((p) => p![0] >= x && p![1] >= y && p![0] < x + w && p![1] < y + h);
  if (fresh && !fresh.some(isWithin)) return null;
  const predicted = findHomography(UNIT, corners as Point[]);
  const start = predicted && searched(image, printed.modules, predicted, reach_px);
  const registered = start && registerSymbol(image, printed.modules, start, printed);
  if (!registered || registered.share < HELD.share || registered.likeness < HELD.likeness) return null;
  return registeredSight(printed, registered, true);
}

/** A symbol that was found where a pose predicts it; null when its edges do not bear that out. */
export function sightFound(printed: Printed, corners_px: Quad, image: GreyImage): Sight | null {
  const start = printed.modules && findHomography(UNIT, corners_px);
  const registered = start && registerSymbol(image, printed.modules!, start, printed);
  if (!registered || registered.share < HELD.share || registered.likeness < HELD.likeness) return null;
  return registeredSight(printed, registered, true);
}

/** The shift of a homography at which the modules look most like the picture. */
function searched(image: GreyImage, modules: Modules, h: Homography, reach_px: number): Homography | null {
  const [a, b] = [applyHomography(h, -0.5, 0), applyHomography(h, 0.5, 0)];
  const [c, d] = [applyHomography(h, 0, -0.5), applyHomography(h, 0, 0.5)];
  const side = Math.min(Math.hypot(a[0] - b[0], a[1] - b[1]), Math.hypot(c[0] - d[0], c[1] - d[1]));
  const step = Math.max(0.7, (SEARCH_STEP * side) / modules.size);
  const steps = Math.min(MOST_STEPS, Math.ceil(Math.max(0, reach_px - step / 2) / step));
  let [best, du, dv] = [-1, 0, 0];
  for (let i = -steps; i <= steps; i++)
    for (let k = -steps; k <= steps; k++) {
      const score = likeness(image, modules, h, i * step, k * step);
      if (score > best) [best, du, dv] = [score, i * step, k * step];
    }
  if (best < HELD.likeness / 2) return null;
  return h.map((value, k) => value + (k < 3 ? du * h[6 + k]! : k < 6 ? dv * h[3 + k]! : 0));
}

function registeredSight(printed: Printed, { h, points, rms_px }: Registration, isHeld: boolean): Sight {
  const corners_px = UNIT.map(([x, y]) => applyHomography(h, x, y)) as unknown as Quad;
  const sd_px = Math.max(REGISTERED_SD_PX, rms_px / 2);
  const corners = pointsFrom(symbolCorners(printed), corners_px, sd_px);
  return { ...named(printed), corners_px, sd_px, corners, points, isHeld };
}

function named(printed: Printed): Pick<Sight, "name" | "tag" | "corners_mm"> {
  return { name: printed.name, tag: printed.tag, corners_mm: symbolCorners(printed) };
}

export function symbolCorners({ x_mm, y_mm, size_mm }: PrintedSymbol): Quad {
  const h = size_mm / 2;
  return [
    [x_mm - h, y_mm - h],
    [x_mm + h, y_mm - h],
    [x_mm + h, y_mm + h],
    [x_mm - h, y_mm + h],
  ];
}

function sameText(a: string, b: string): boolean {
  return a.trim().toUpperCase() === b.trim().toUpperCase();
}
