/** From how far a phone reads a label of a size: the symbol's modules must each cover enough pixels. */

/** Modules along one side of QR versions 1 to 10, and how many alphanumeric characters each holds at level M. */
const VERSIONS = [
  [21, 20],
  [25, 38],
  [29, 61],
  [33, 90],
  [37, 122],
  [41, 154],
  [45, 178],
  [49, 221],
  [53, 262],
  [57, 311],
] as const;

/** A decoder wants about this many pixels per module of a picture held by hand. */
const PX_PER_MODULE = 3;
/** Focal length over picture width of a phone's main camera. */
const FOCAL_PER_WIDTH = 0.8;

export function modulesFor(text: string): number {
  return (VERSIONS.find(([, holds]) => text.length <= holds) ?? VERSIONS.at(-1)!)[0];
}

/** The farthest distance, in mm, at which a picture `width_px` wide still reads the label. */
export function reach_mm(text: string, size_mm: number, width_px: number): number {
  const module_mm = size_mm / modulesFor(text);
  return (module_mm * FOCAL_PER_WIDTH * width_px) / PX_PER_MODULE;
}
