/** Find where a labelled face is: its label and tags, all that are seen, joined into one pose. */

import type { Intrinsics } from "./camera";
import type { SymbolPoint } from "./finders";
import type { Point } from "./homography";
import { type PlanarPose, type Seen, planarPose } from "./planarPose";
import type { Quad } from "./quads";
import type { FoundTag } from "./tags";

export interface FoundLabel {
  readonly text: string;
  /** Pixel-centre convention; top-left, top-right, bottom-right, bottom-left as printed. */
  readonly corners_px: Quad;
  /** Better placed points of it (see `refineFinders`); used instead of the corners where there are enough. */
  readonly points?: readonly SymbolPoint[];
}

interface PrintedSymbol {
  readonly x_mm: number;
  readonly y_mm: number;
  readonly size_mm: number;
}

/** What vision needs to know of a labelled face (the server's `Layout`). */
export interface FaceLayout {
  readonly label?: (PrintedSymbol & { readonly text: string }) | null;
  readonly tags: readonly (PrintedSymbol & { readonly id: number })[];
}

export interface Located extends PlanarPose {
  readonly label_seen: boolean;
  readonly tags_seen: readonly number[];
}

const LABEL_SIGMA_PX = 0.7; // zxing reports whole pixels
const FINDER_SIGMA_PX = 0.2;
const ENOUGH_FINDERS = 2;
const TAG_SIGMA_PX = 0.15; // measured 0.03 px median, 0.14 px p95 on rendered 720p faces; real lenses blur more
const HOPELESS_MISFIT = 30; // in sigmas: then one symbol is not where the layout says

interface Sight {
  readonly tag: number | null;
  readonly seen: readonly Seen[];
}

/** Null when nothing of the layout is seen, or what is seen can not lie on one face. */
export function locate(
  layout: FaceLayout,
  camera: Intrinsics,
  labels: readonly FoundLabel[],
  tags: readonly FoundTag[],
): Located | null {
  const sights: Sight[] = [];
  const printed = layout.label;
  const label = printed && labels.find((found) => sameText(found.text, printed.text));
  if (label) sights.push({ tag: null, seen: pointsOf(printed, label) });
  for (const place of layout.tags) {
    const found = tags.filter((tag) => tag.id === place.id);
    // An id seen twice belongs to a neighbour as well: neither can be trusted.
    if (found.length === 1)
      sights.push({ tag: place.id, seen: cornersOf(place, found[0]!.corners_px, TAG_SIGMA_PX) });
  }
  if (sights.length === 0) return null;
  const all = join(camera, sights);
  if (all && all.misfit <= HOPELESS_MISFIT) return all;
  if (sights.length < 3) return null;
  const without = sights.map((_, left) =>
    join(
      camera,
      sights.filter((__, i) => i !== left),
    ),
  );
  const best = without.filter((one) => one !== null).sort((a, b) => a.misfit - b.misfit)[0];
  return best && best.misfit <= HOPELESS_MISFIT ? best : null;
}

function join(camera: Intrinsics, sights: readonly Sight[]): Located | null {
  const pose = planarPose(
    camera,
    sights.flatMap((sight) => sight.seen),
  );
  if (!pose) return null;
  return {
    ...pose,
    label_seen: sights.some((sight) => sight.tag === null),
    tags_seen: sights.flatMap((sight) => (sight.tag === null ? [] : [sight.tag])),
  };
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

function cornersOf(place: PrintedSymbol, corners: Quad, sigma_px: number): Seen[] {
  return symbolCorners(place).map((face_mm, k): Seen => ({ face_mm, pixel: corners[k] as Point, sigma_px }));
}

function pointsOf(place: PrintedSymbol, label: FoundLabel): Seen[] {
  const points = label.points ?? [];
  if (points.length < 4 * ENOUGH_FINDERS) return cornersOf(place, label.corners_px, LABEL_SIGMA_PX);
  const { x_mm, y_mm, size_mm } = place;
  return points.map(({ at, pixel }): Seen => {
    const face_mm: Point = [x_mm + (at[0] - 0.5) * size_mm, y_mm + (at[1] - 0.5) * size_mm];
    return { face_mm, pixel, sigma_px: FINDER_SIGMA_PX };
  });
}

function sameText(a: string, b: string): boolean {
  return a.trim().toUpperCase() === b.trim().toUpperCase();
}
