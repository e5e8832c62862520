/** Read frames beside the page: labels, tags, the pose of the face that is looked for, and stills. */
import {
  Calibrator,
  type CameraBelief,
  FaceTracker,
  type FoundLabel,
  type FoundTag,
  type Intrinsics,
  LabelMemory,
  type Located,
  type Quad,
  type SymbolPlace,
  type Tracked,
  type View,
  findTags,
  intrinsicsOf,
  look as lookAt,
  scaledTo,
} from "@nearhand/spatial";
import { readLabels } from "./labels";
import { LateSights } from "./late";
import { Developer } from "./develop";
import { FilmOut } from "./filmOut";
import { LineOut } from "./lineOut";
import type {
  Develop,
  FilmDoor,
  FrameRead,
  FromWorker,
  HeldLayout,
  ReadFrame,
  SightedLate,
} from "./messages";
import { BARE, veilOf } from "./outgoing";
import { cut, Pixels, type Region } from "./pixels";
import { faceIn, type Look, Searcher, regionOf, stillOf } from "./where";

const pixels = new Pixels();
let tracker = new FaceTracker();
const late = new LateSights();
const developer = new Developer();
let film: FilmOut | null = null;
const line = new LineOut((message, hand) => say(message, hand));
const searcher = new Searcher();
const memory = new LabelMemory();
const recall = (text: string) => memory.recall(text);
let calibrating: { key: string; width: number; calibrator: Calibrator } | null = null;
let heldDevice: string | null = null;
let heldBy: string | null = null;
const GIVEN_UP_AFTER = 2; // looks that contradict the layout: one may have misread a smeared frame
let contradicted = 0;
/** The newest sighting by symbols: what it says of the camera goes on while the face is followed. */
let sighted: Located | null = null;

const say = (message: FromWorker, hand: Transferable[] = []): void =>
  self.postMessage(message, { transfer: hand });

self.onmessage = async ({ data }: MessageEvent<ReadFrame | SightedLate | Develop | FilmDoor>) => {
  try {
    if (data.type === "sighted") followFrom(data);
    else if (data.type === "film") film = new FilmOut(data, say);
    else if (data.type === "develop")
      say((await developer.still(data)) ?? { type: "gone", frame_id: data.frame_id });
    else await read(data);
  } catch (error) {
    say({ type: "failed", message: String(error) });
  }
};

/** Nothing, where symbols have been seen or another device has been asked for since. */
function followFrom(ask: SightedLate): void {
  const from = ask.deviceId === heldDevice && !tracker.isHeld ? late.from(ask) : null;
  if (!from) return;
  tracker = from.tracker;
  sighted = from.located;
}

async function read(ask: ReadFrame): Promise<void> {
  const started = performance.now();
  pixels.load(ask.bitmap);
  const { frame_id, captured_at, deviceId } = ask;
  const { width, height } = pixels;
  const seen = await see(ask);
  const camera = intrinsicsOf(seen.located?.camera ?? ask.camera);
  calibrate(ask);
  const ms = performance.now() - started;
  // Nothing is known of a smeared frame. One that must be masked is left out: a mask is never that of another frame.
  const isLost = seen.isBlurred && ask.mask?.rule === "enforce";
  const isFilmed = ask.film !== null && film !== null && !isLost;
  const frame: FrameRead = {
    type: "read", frame_id, captured_at, width, height, camera, deviceId, ...seen, isFilmed, ms,
  }; // prettier-ignore
  const face = ask.layout?.face ?? null;
  const veilFor = (reduction: number) => (ask.mask ? veilOf(ask.mask, frame, reduction) : BARE);
  // Its sighting is on the way to those who see it before it is.
  say(frame);
  if (frame.isFilmed) film?.show(pixels, veilFor, frame_id, ask.film!.longest);
  if (ask.picture && !isLost) line.send(pixels, veilFor, ask.picture, frame);
  if (frame.isFilmed || (ask.picture && !isLost)) developer.keep(pixels.keep(), frame, face);
  const veil = veilFor(1);
  const part = ask.still && !ask.still.isWhole ? faceIn(frame, face) : null;
  const jpeg = ask.still && !frame.isBlurred ? pixels.jpeg(ask.still.quality, veil, part) : null;
  if (jpeg && !frame.located) late.keep(frame_id, captured_at, pixels.small());
  if (jpeg) say(stillOf(frame, await jpeg, veil.mask, part));
}

type Seen = Pick<
  FrameRead,
  "labels" | "tags" | "isWide" | "located" | "isBlurred" | "features" | "strangers" | "isMirrored"
>;

const NOTHING: Seen = {
  labels: [],
  tags: [],
  isWide: false,
  located: null,
  isBlurred: false,
  features: 0,
  strangers: [],
  isMirrored: false,
};
let view: View | null = null;

async function see(ask: ReadFrame): Promise<Seen> {
  const { camera, cameraKey, layout, deviceId, captured_at, turn } = ask;
  // Another camera, or another zoom of this one, shows the face otherwise: what was held goes with the old one.
  if (deviceId !== heldDevice || cameraKey !== heldBy) {
    heldDevice = deviceId;
    heldBy = cameraKey;
    sighted = null;
    contradicted = 0;
    tracker.forget();
  }
  const image = pixels.small();
  const { width, height } = image;
  // A face is followed with the camera that its sighting took for the true one.
  const current = sighted ? (scaledTo(sighted.camera, camera.width, camera.height) ?? camera) : camera;
  const followed = tracker.follow(image, scaledTo(current, width, height)!, { at_ms: captured_at, turn });
  const { isBlurred } = tracker;
  if (isBlurred) return { ...NOTHING, isBlurred };
  const look =
    followed && layout
      ? searcher.held(layout, current, followed, captured_at)
      : searcher.everywhere(pixels, layout);
  const { labels, tags } = look ? await find(look) : NOTHING;
  const features = followed?.features ?? 0;
  const isWide = look?.isWide ?? false;
  if (!look || !layout) return { ...NOTHING, labels, tags, isWide, located: held(followed), features };
  const label = layout.label && followed ? regionOf(layout.label, 2, current, followed) : null;
  const fresh: Region[] = [...look.tags, ...(look.label ? [look.label] : []), ...(label ? [label] : [])];
  const expected = followed && { pose: followed.pose, camera: current };
  const found = lookAt(layout, camera, labels, tags, { image: pixels.grey(fresh), fresh, recall, expected });
  const { strangers, is_mirrored: isMirrored, located, measured } = found;
  const seen = { ...NOTHING, labels, tags, isWide, strangers, isMirrored };
  const isContradicted = !located && strangers.length > 0;
  if (located) contradicted = 0;
  if (isContradicted && ++contradicted >= GIVEN_UP_AFTER) tracker.forget();
  if (!located) return { ...seen, located: isContradicted ? null : held(followed), features };
  sighted = located;
  if (strangers.length === 0) view = measured;
  const small = scaledTo(located.camera, width, height)!;
  const tracked = tracker.sight(located, small, layout.face, placesOf(layout, located, labels, tags, small));
  const { label_seen, tags_seen } = located;
  return { ...seen, located: { ...held(tracked)!, label_seen, tags_seen }, features: tracked.features };
}

/** A little work on each frame; the page keeps what comes of it. */
function calibrate({ camera, cameraKey }: ReadFrame): void {
  if (cameraKey === null) return;
  if (calibrating?.key !== cameraKey || calibrating.width !== camera.width)
    calibrating = { key: cameraKey, width: camera.width, calibrator: new Calibrator(camera) };
  if (view) calibrating.calibrator.offer(view);
  view = null;
  const learnt: CameraBelief | null = calibrating.calibrator.work();
  const views = calibrating.calibrator.count;
  if (learnt) say({ type: "calibrated", cameraKey, camera: learnt, views });
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
  return { tags, labels: label ? await readLabels(pixels, label, memory) : [] };
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
  // What the joint covariance said of the camera is in the pose's own from here on.
  return {
    ...sighted,
    pose,
    covariance: [...covariance],
    joint: [],
    label_seen: false,
    tags_seen: [],
    held: [],
  };
}
