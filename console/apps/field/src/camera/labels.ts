/** Read labels in a part of a frame. */
import { type FoundLabel, type LabelMemory, type Quad, modulesOf } from "@nearhand/spatial";
import { prepareZXingModule, readBarcodes, type ReadResult } from "zxing-wasm/reader";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";
import type { Pixels, Region } from "./pixels";

// Our own copy of the decoder: nothing is fetched from anywhere else.
void prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });

/** Modules of what is read go into the memory: with them a label is held where it can be read no longer. */
export async function readLabels(pixels: Pixels, region: Region, memory: LabelMemory): Promise<FoundLabel[]> {
  const found = await readBarcodes(pixels.colour(region), {
    formats: ["QRCode"],
    tryHarder: true,
    tryInvert: false,
    maxNumberOfSymbols: 4,
  });
  return found
    .filter((one) => one.isValid)
    .map((one) => {
      const modules = one.isMirrored ? null : modulesOf(one.symbol);
      if (modules) memory.learn(one.text, modules);
      return { text: one.text, corners_px: cornersOf(one, region), is_mirrored: one.isMirrored };
    });
}

/** The decoder counts from pixel edges; everything here from pixel centres. */
function cornersOf({ position }: ReadResult, { x, y }: Region): Quad {
  const { topLeft, topRight, bottomRight, bottomLeft } = position;
  return [topLeft, topRight, bottomRight, bottomLeft].map((p) => [
    p.x + x - 0.5,
    p.y + y - 0.5,
  ]) as unknown as Quad;
}
