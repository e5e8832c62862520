/** Which tool's word names a shape, and what a mark is called. */
import { type Annotation, isOnFace, type Shape } from "@nearhand/contract";
import { t } from "./words";

const WORDS = {
  ring: "ring",
  arrow: "arrow",
  freehand: "draw",
  text: "text",
  label_3d: "label",
  port: "port",
} as const;

export function toolWord(shape: Shape): (typeof WORDS)[Shape] {
  return WORDS[shape];
}

/** Its words, else its port, else its shape. */
export function nameOfMark(mark: Annotation): string {
  return mark.text || (isOnFace(mark) && mark.anchor.port) || t(toolWord(mark.shape));
}
