/** What a mark may be fixed to: a device's face, or one still in which no device was recognised. */
import type { Annotation, FaceAnchor, StillAnchor } from "./generated";

export type FaceMark = Annotation & { anchor: FaceAnchor };
export type StillMark = Annotation & { anchor: StillAnchor };

/** Events of older logs do not say their kind: they are on a face. */
export function isOnFace(mark: Annotation): mark is FaceMark {
  return mark.anchor.kind !== "still";
}

export function isOnStill(mark: Annotation): mark is StillMark {
  return mark.anchor.kind === "still";
}

/** By what a mark is fixed; `face`: to a face, by what is not told. */
export type FixedBy = "symbols" | "face_picture" | "drawing" | "face" | "still";

export function fixedBy(mark: Annotation): FixedBy {
  if (mark.anchor.kind === "still") return "still";
  return mark.frame ? (mark.anchor.held ?? "face") : "drawing";
}
