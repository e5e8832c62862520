/** Read frames beside the page: labels, tags, the pose of the face that is looked for, and stills. */
import {
  type FoundLabel,
  type FoundTag,
  LabelMemory,
  type Quad,
  findTags,
  intrinsicsOf,
  look,
  modulesOf,
  projectFace,
  symbolCorners,
} from "@nearhand/spatial";
import { prepareZXingModule, readBarcodes, type ReadResult } from "zxing-wasm/reader";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";
import type { FrameRead, FromWorker, ReadFrame } from "./messages";

const WHOLE_EVERY_MS = 900; // the whole picture is searched for labels this often while the device is held by its tags
const LABEL_EVERY_MS = 300; // two tags hold the pose better than a label does; it only has to confirm who it is
const CROP = 0.6; // of each side, for the look at the middle in full resolution

// Our own copy of the decoder: nothing is fetched from anywhere else.
void prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });

const canvas = new OffscreenCanvas(16, 16);
const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false })!;
const memory = new LabelMemory();
let grey = new Uint8Array(0);
let turn = 0;
let lastWhole = -Infinity;
let lastLabel = -Infinity;
let lastSeen: FrameRead["located"] = null;

const say = (message: FromWorker): void => self.postMessage(message);

self.onmessage = async ({ data }: MessageEvent<ReadFrame>) => {
  try {
    await read(data);
  } catch (error) {
    say({ type: "failed", message: String(error) });
  }
};

async function read({
  frame_id,
  captured_at,
  bitmap,
  camera,
  layout,
  deviceId,
  still,
}: ReadFrame): Promise<void> {
  const started = performance.now();
  const { width, height } = bitmap;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const picture = context.getImageData(0, 0, width, height);
  const tags = findTags({ width, height, data: toGrey(picture.data) });
  const labels = await readLabels(picture, layout, camera, tags);
  const image = { width, height, data: grey };
  const recall = (text: string) => memory.recall(text);
  const located = layout && look(layout, camera, labels, tags, { image, recall }).located;
  lastSeen = located;
  const ms = performance.now() - started;
  const frame: FrameRead = {
    type: "read", frame_id, captured_at, width, height, deviceId, labels, tags, located, ms,
    camera: intrinsicsOf(located?.camera ?? camera),
  }; // prettier-ignore
  // The snapshot is taken by this call, before the next frame can be drawn.
  const jpeg = still && canvas.convertToBlob({ type: "image/jpeg", quality: still.quality });
  say(frame);
  if (jpeg) say({ type: "still", frame, jpeg: await jpeg });
}

function toGrey(rgba: Uint8ClampedArray): Uint8Array {
  const n = rgba.length >> 2;
  if (grey.length !== n) grey = new Uint8Array(n);
  for (let i = 0, p = 0; i < n; i++, p += 4)
    grey[i] = (77 * rgba[p]! + 150 * rgba[p + 1]! + 29 * rgba[p + 2]!) >> 8;
  return grey;
}

/** Where to look: round the known label each frame; the whole, or its middle in turns, while nothing is known. */
async function readLabels(
  picture: ImageData,
  layout: ReadFrame["layout"],
  camera: ReadFrame["camera"],
  tags: readonly FoundTag[],
): Promise<FoundLabel[]> {
  const held = layout ? layout.tags.filter(({ id }) => tags.some((tag) => tag.id === id)).length : 0;
  if (held >= 2 && lastSeen && performance.now() - lastLabel < LABEL_EVERY_MS) return [];
  lastLabel = performance.now();
  const near = layout?.label && lastSeen && regionOf(layout.label, lastSeen.pose, camera);
  if (near && performance.now() - lastWhole < WHOLE_EVERY_MS) return readWithin(picture, near);
  if (!lastSeen && turn++ % 2 === 1) {
    const [w, h] = [Math.round(picture.width * CROP), Math.round(picture.height * CROP)];
    return readWithin(picture, { x: (picture.width - w) >> 1, y: (picture.height - h) >> 1, w, h });
  }
  lastWhole = performance.now();
  return readWithin(picture, { x: 0, y: 0, w: picture.width, h: picture.height });
}

interface Region {
  x: number;
  y: number;
  w: number;
  h: number;
}

function regionOf(
  label: { x_mm: number; y_mm: number; size_mm: number },
  pose: readonly number[],
  camera: ReadFrame["camera"],
): Region | null {
  const corners = symbolCorners({ ...label, size_mm: label.size_mm * 2 }).map(([x, y]) =>
    projectFace(camera, pose, [x, y, 0]),
  );
  if (corners.some((corner) => !corner)) return null;
  const [us, vs] = [corners.map((c) => c![0]), corners.map((c) => c![1])];
  const x = Math.max(0, Math.floor(Math.min(...us)));
  const y = Math.max(0, Math.floor(Math.min(...vs)));
  const w = Math.min(camera.width, Math.ceil(Math.max(...us))) - x;
  const h = Math.min(camera.height, Math.ceil(Math.max(...vs))) - y;
  return w > 20 && h > 20 ? { x, y, w, h } : null;
}

async function readWithin(picture: ImageData, { x, y, w, h }: Region): Promise<FoundLabel[]> {
  const part = w === picture.width && h === picture.height ? picture : context.getImageData(x, y, w, h);
  const found = await readBarcodes(part, {
    formats: ["QRCode"],
    tryHarder: true,
    tryInvert: false,
    maxNumberOfSymbols: 4,
  });
  return found.filter((one) => one.isValid).map((one) => labelOf(one, x, y));
}

function labelOf(one: ReadResult, x: number, y: number): FoundLabel {
  const modules = modulesOf(one.symbol);
  if (modules && !one.isMirrored) memory.learn(one.text, modules);
  return { text: one.text, corners_px: cornersOf(one, x, y), is_mirrored: one.isMirrored };
}

/** The decoder counts from pixel edges; everything here from pixel centres. */
function cornersOf({ position }: ReadResult, x: number, y: number): Quad {
  const { topLeft, topRight, bottomRight, bottomLeft } = position;
  return [topLeft, topRight, bottomRight, bottomLeft].map((p) => [
    p.x + x - 0.5,
    p.y + y - 0.5,
  ]) as unknown as Quad;
}
