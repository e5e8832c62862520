/** Read frames beside the page: labels, tags, the pose of the face that is looked for, and stills. */
import {
  FaceTracker,
  type FoundLabel,
  type FoundTag,
  type Intrinsics,
  type Located,
  type Quad,
  type SymbolPlace,
  type Tracked,
  findTags,
  locate,
  scaledTo,
} from "@nearhand/spatial";
import { readLabels } from "./labels";
import type { FrameRead, FromWorker, HeldLayout, ReadFrame } from "./messages";
import { cut, Pixels } from "./pixels";
import { type Look, Searcher } from "./where";

const pixels = new Pixels();
const tracker = new FaceTracker();
const searcher = new Searcher();
let heldDevice: string | null = null;
/** The newest sighting by symbols: what it says of the camera goes on while the face is followed. */
let sighted: Located | null = null;

const say = (message: FromWorker): void => self.postMessage(message);

self.onmessage = async ({ data }: MessageEvent<ReadFrame>) => {
  try {
    await read(data);
  } catch (error) {
    say({ type: "failed", message: String(error) });
  }
};

async function read(ask: ReadFrame): Promise<void> {
  const started = performance.now();
  pixels.load(ask.bitmap);
  const { frame_id, captured_at, deviceId, camera } = ask;
  const { width, height } = pixels;
  const seen = await see(ask);
  const ms = performance.now() - started;
  const frame: FrameRead = {
    type: "read", frame_id, captured_at, width, height, camera, deviceId, ...seen, ms,
  }; // prettier-ignore
  const jpeg = ask.still && !frame.isBlurred ? pixels.jpeg(ask.still.quality) : null;
  say(frame);
  if (jpeg) say({ type: "still", frame, jpeg: await jpeg });
}

type Seen = Pick<FrameRead, "labels" | "tags" | "located" | "isBlurred" | "features">;

async function see({ camera, layout, deviceId, captured_at, turn }: ReadFrame): Promise<Seen> {
  if (deviceId !== heldDevice) {
    heldDevice = deviceId;
    tracker.forget();
  }
  const image = pixels.small();
  const small = scaledTo(camera, image.width, image.height)!;
  const followed = tracker.follow(image, small, { at_ms: captured_at, turn });
  const { isBlurred } = tracker;
  if (isBlurred) return { labels: [], tags: [], located: null, isBlurred, features: 0 };
  const look =
    followed && layout
      ? searcher.held(layout, camera, followed.pose, followed.frames, captured_at)
      : searcher.everywhere(pixels, layout);
  const { labels, tags } = look ? await find(look) : { labels: [], tags: [] };
  const found = layout && locate(layout, camera, labels, tags);
  if (!found || !layout)
    return { labels, tags, located: held(followed), isBlurred, features: followed?.features ?? 0 };
  sighted = found;
  const tracked = tracker.sight(found, small, layout.face, placesOf(layout, found, labels, tags, small));
  const { label_seen, tags_seen } = found;
  return {
    labels,
    tags,
    located: { ...held(tracked)!, label_seen, tags_seen },
    isBlurred,
    features: tracked.features,
  };
}

/** The middles of those symbols that the sighting was made of, in the followed picture. */
function placesOf(
  layout: HeldLayout,
  { label_seen, tags_seen }: Located,
  labels: readonly FoundLabel[],
  tags: readonly FoundTag[],
  small: Intrinsics,
): SymbolPlace[] {
  const scale = small.width / pixels.width;
  const place = ({ x_mm, y_mm }: { x_mm: number; y_mm: number }, corners: Quad): SymbolPlace => {
    const [u, v] = [0, 1].map((k) => corners.reduce((sum, corner) => sum + corner[k]!, 0) / 4);
    return { face_mm: [x_mm, y_mm], pixel: [(u! + 0.5) * scale - 0.5, (v! + 0.5) * scale - 0.5] };
  };
  const label = layout.label && label_seen && labels.find(({ text }) => text.toUpperCase() === layout.label!.text.toUpperCase()); // prettier-ignore
  return [
    ...(label ? [place(layout.label!, label.corners_px)] : []),
    ...layout.tags.flatMap((tag) => {
      const seen = tags_seen.includes(tag.id) && tags.find(({ id }) => id === tag.id);
      return seen ? [place(tag, seen.corners_px)] : [];
    }),
  ];
}

async function find({ tags: regions, label }: Look): Promise<{ labels: FoundLabel[]; tags: FoundTag[] }> {
  const image = pixels.grey(regions);
  const tags = regions.flatMap((region) => {
    const isWhole = region.w === image.width && region.h === image.height;
    return isWhole ? findTags(image) : findTags(cut(image, region)).map((tag) => moved(tag, region));
  });
  return { tags, labels: label ? await readLabels(pixels, label) : [] };
}

function moved(tag: FoundTag, { x, y }: { x: number; y: number }): FoundTag {
  return {
    ...tag,
    corners_px: tag.corners_px.map(([u, v]) => [u + x, v + y]) as unknown as FoundTag["corners_px"],
  };
}

/** What is held between sightings, in the words of a sighting. */
function held(tracked: Tracked | null): Located | null {
  if (!tracked || !sighted) return null;
  const { pose, covariance } = tracked;
  return { ...sighted, pose, covariance: [...covariance], label_seen: false, tags_seen: [] };
}
