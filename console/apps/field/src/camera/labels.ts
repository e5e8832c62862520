/** Read labels in a part of a frame. */
import { type FoundLabel, type Quad, refineFinders } from "@nearhand/spatial";
import { prepareZXingModule, readBarcodes, type ReadResult } from "zxing-wasm/reader";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";
import type { Pixels, Region } from "./pixels";

// Our own copy of the decoder: nothing is fetched from anywhere else.
void prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });

export async function readLabels(pixels: Pixels, region: Region): Promise<FoundLabel[]> {
  const found = await readBarcodes(pixels.colour(region), {
    formats: ["QRCode"],
    tryHarder: true,
    tryInvert: false,
    maxNumberOfSymbols: 4,
  });
  const read = found.filter((one) => one.isValid);
  if (read.length === 0) return [];
  const image = pixels.grey([region]);
  return read.map((one) => {
    const corners_px = cornersOf(one, region);
    const version = Number(one.version);
    const points = version >= 1 ? refineFinders(image, corners_px, 17 + 4 * version) : [];
    return { text: one.text, corners_px, points };
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
