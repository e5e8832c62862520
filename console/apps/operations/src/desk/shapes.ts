/** Which tool's word names a shape. */
import type { Shape } from "@nearhand/contract";

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
