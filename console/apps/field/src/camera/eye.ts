/** What the camera sees, acted upon: devices recognised, poses told, stills shared. */
import { type FrameRef, sendBytes, type Sighting, type Still } from "@nearhand/contract";
import type { Located } from "@nearhand/spatial";
import { signal } from "@preact/signals";
import { recognise } from "../device/recognise";
import { target, targetFace } from "../device/target";
import type { Sight } from "../overlay/place";
import { progress } from "../session/guide";
import { isLive, open, room, sessionId } from "../session/room";
import { live } from "../session/part";
import type { StillSender } from "../session/stills";
import { get, isOffline } from "../rest";
import { areTwoAlike, ByPicture, doors } from "./byPicture";
import { FrameLoop, STREAM, type Wanted } from "./frames";
import { maskWanted, mayLeave } from "./mask";
import type { FrameRead, PictureTaken, StillTaken } from "./messages";
import { NOTHING_DUE, showing } from "./showing";

const SIGHT_GAP_MS = 100;
const SIGHT_GAP_STILLS_MS = 1000; // nobody sees the frames between: a still brings its own sighting
const RING_STILL_GAP_MS = 500; // during a session; a freeze asks for one of these
const KEEPSAKE_GAP_MS = 2000;
const POSES_KEPT_MS = 15_000;

/** Where the device was last seen, and in which frame. */
export const lastSight = signal<(Sight & { frame_id: number; at: number; deviceId: string }) | null>(null);
/** The newest still in which the device was seen: shown when it is lost from view. */
export const keepsake = signal<{ url: string; sight: Sight; deviceId: string } | null>(null);

const poses = new Map<number, Sight & { at: number; deviceId: string }>();
let lastTold = 0;
let lastStill = 0;
let stills: { sessionId: string; sender: StillSender } | null = null;

/** The pose of a frame of this page's own stream, for strokes that were drawn on it. */
export const sightOf = (stream: string, frameId: number): Sight | undefined =>
  stream === STREAM ? poses.get(frameId) : undefined;

export const loop = new FrameLoop(wanted, {
  read: onRead,
  still: onStill,
  picture: onPicture,
  gone: (frame_id) => sender()?.gone(frame_id),
});

function wanted(): Wanted {
  const now = target.peek();
  const isWhole = !isLive.peek() || isWholeWanted();
  const gap = isLive.peek() ? RING_STILL_GAP_MS : KEEPSAKE_GAP_MS;
  const isWanted = Date.now() - lastStill > gap || (isLive.peek() && sender()?.isDue === true);
  const mask = maskWanted();
  const wantsKeepsake = isLive.peek() ? mask !== null : lastSight.peek() !== null;
  if (isWanted && wantsKeepsake) lastStill = Date.now();
  return {
    layout: now?.layout ?? null,
    deviceId: now?.view.device.id ?? null,
    still: isWanted && wantsKeepsake ? { quality: sender()?.quality ?? 0.7, isWhole } : null,
    ...((mask && showing.peek()?.wants(performance.now())) ?? NOTHING_DUE),
    mask,
  };
}

/** The device that may not change silently: that of the session, or of a guide that is under way. */
function boundDevice(): string | null {
  const shared = room.peek();
  if (shared && !shared.isEnded && shared.device) return shared.device.device_id;
  const isUnderWay = (progress.peek()?.done.length ?? 0) > 0;
  return isUnderWay ? (target.peek()?.view.device.id ?? null) : null;
}

const byPicture = new ByPicture(doors(() => isOffline.peek(), get));
/** The pose goes back to the face's picture; symbols that are seen end it. */
let isByPicture = false;
let symbolsAt = 0;

/** In a session, a device that shows no symbol is looked for by what its face looks like. */
async function findByPicture(still: StillTaken): Promise<void> {
  // There is nothing to recognise in it; or nothing leaves that nobody asks for.
  if (still.mask !== "none" || rungNow() === 5) return;
  const [now, size] = [target.peek(), targetFace.peek()];
  if (!now || !size || !isLive.peek() || still.frame.deviceId !== now.view.device.id) return;
  const deviceId = now.view.device.id;
  const wanted = { deviceId, typeId: now.view.device_type.id, side: now.side };
  const found = await byPicture.find(still, wanted, symbolsAt);
  if (!found || target.peek()?.view.device.id !== deviceId || symbolsAt > found.captured_at) return;
  const { frame_id, captured_at, camera, pose, covariance } = found;
  const located: Located = {
    pose, covariance, camera, joint: [], misfit: 1, margin: Infinity, label_seen: false, tags_seen: [], held: [],
  }; // prettier-ignore
  isByPicture = true;
  const frame = { ...still.frame, camera, located };
  taken(frame, deviceId, located);
  keep(still.jpeg, { camera, located, held: "face_picture" }, deviceId);
  const ref = { stream: STREAM, frame_id, how: "still" } as const;
  open.peek()?.commands.sightFrame(ref, new Date(captured_at), sightingOf(frame));
  loop.follow({ type: "sighted", frame_id, deviceId, face: size, sight: { pose, covariance, camera } });
}

function taken(frame: FrameRead, deviceId: string, located: Located): void {
  const sight: Sight = { camera: frame.camera, located, ...(isByPicture && { held: "face_picture" }) };
  const { frame_id, captured_at: at } = frame;
  if ((lastSight.peek()?.at ?? 0) <= at) lastSight.value = { ...sight, frame_id, at, deviceId };
  poses.set(frame_id, { ...sight, at, deviceId });
}

function onRead(frame: FrameRead): void {
  if (frame.isFilmed && isLive.peek()) {
    tellSight(frame, true); // at once: the picture is on its way
    sender()?.passed(frame.frame_id, frame.captured_at);
  }
  if (frame.isBlurred) {
    lastStill = 0; // whatever was wanted of it is wanted of the next, which shows it better
    return;
  }
  void recognise(frame.labels, boundDevice());
  const now = target.peek();
  if (now && frame.deviceId === now.view.device.id && frame.located) {
    const { label_seen, tags_seen } = frame.located;
    if (label_seen || tags_seen.length > 0) {
      symbolsAt = frame.captured_at;
      isByPicture = areTwoAlike.value = false;
    }
    taken(frame, frame.deviceId, frame.located);
    for (const [id, { at }] of poses) {
      if (frame.captured_at - at <= POSES_KEPT_MS) break; // the oldest come first
      poses.delete(id);
    }
  }
  tellSight(frame);
}

/** What is drawn on a live picture is fixed by the sighting of that frame: it is told before the picture goes. */
function onPicture(picture: PictureTaken): void {
  if (!mayLeave(picture.mask)) return;
  tellSight(picture.frame, true);
  const { frame, width, height, codec, data, mask } = picture;
  const { frame_id, captured_at } = frame;
  if (codec === "jpeg") {
    const jpeg = new Blob([data], { type: "image/jpeg" });
    const sighting = sightingOf(frame);
    sender()?.keep({ frame_id, captured_at, width, height, jpeg, sighting, mask, part: null });
  } else sender()?.passed(frame_id, captured_at);
  showing.peek()?.take(picture);
}

let lastToldId = 0;

function tellSight(frame: FrameRead, isShown = false): void {
  const session = open.peek();
  const gap = rungNow() >= 4 ? SIGHT_GAP_STILLS_MS : SIGHT_GAP_MS;
  const isSoon = frame.captured_at - lastTold < gap;
  if (!session || !isLive.peek() || frame.frame_id === lastToldId || (isSoon && !isShown)) return;
  [lastTold, lastToldId] = [frame.captured_at, frame.frame_id];
  const ref = { stream: STREAM, frame_id: frame.frame_id, how: "still" } as const;
  session.commands.sightFrame(ref, new Date(frame.captured_at), sightingOf(frame));
}

/** Somebody draws on this frame. On a poor line, what was told of it gave way to what was told of the next. */
function tellAgain(frame: FrameRef | null): void {
  const seen = frame?.stream === STREAM && poses.get(frame.frame_id);
  if (!seen) return;
  const { frame_id } = frame;
  open
    .peek()
    ?.commands.sightFrame({ stream: STREAM, frame_id, how: "still" }, new Date(seen.at), sightingOf(seen));
}

export function sightingOf({
  located,
  deviceId,
  camera,
}: Pick<FrameRead, "located" | "deviceId" | "camera">): Sighting | null {
  const now = target.peek();
  if (!located || !deviceId || now?.view.device.id !== deviceId) return null;
  return {
    device_id: deviceId,
    face: now.side,
    T_camera_face: [...located.pose],
    covariance: located.covariance,
    camera,
    label_seen: located.label_seen,
    tags_seen: [...located.tags_seen],
    held: isByPicture ? "face_picture" : "symbols",
  };
}

function onStill(still: StillTaken): void {
  const { frame, jpeg, mask, part: crop, camera } = still;
  const { frame_id, captured_at, located, deviceId } = frame;
  if (located && deviceId && mask !== "whole") keep(jpeg, { located, camera }, deviceId);
  void findByPicture(still);
  const sighting = sightingOf(frame);
  // Without its sighting a part would be nothing that can be drawn on.
  if (!isLive.peek() || (crop && !sighting)) return;
  const { width, height } = crop ?? frame;
  const part = crop && { x: crop.x, y: crop.y, frame_width: frame.width, frame_height: frame.height };
  sender()?.add({ frame_id, captured_at, width, height, jpeg, sighting, mask, part });
}

const rungNow = () => showing.peek()?.rung.peek().rung ?? 4;

/** Where there is room for video, stills show all of the frame; elsewhere the device, unless more is asked for. */
const isWholeWanted = () => rungNow() <= 2 || sender()?.wantsWhole === true;

function keep(jpeg: Blob, sight: Sight, deviceId: string): void {
  const old = keepsake.peek();
  keepsake.value = { url: URL.createObjectURL(jpeg), sight, deviceId };
  if (old) URL.revokeObjectURL(old.url);
}

function sender(): StillSender | null {
  const [id, part] = [sessionId.peek(), live.here.peek()];
  if (!id || !part) return null;
  if (stills?.sessionId !== id) stills = { sessionId: id, sender: newSender(part.StillSender, id) };
  return stills.sender;
}

function newSender(Sender: typeof StillSender, id: string): StillSender {
  const path = `/sessions/${encodeURIComponent(id)}/stills`;
  return new Sender(STREAM, {
    now: Date.now,
    isLive: () => showing.peek()?.rung.peek().isLive ?? false,
    isOnRequest: () => rungNow() === 5,
    develop(frame_id, isWhole) {
      const mask = maskWanted();
      if (mask) loop.develop(frame_id, mask, isWhole || isWholeWanted());
      else sender()?.gone(frame_id);
    },
    mayLeave,
    upload: (jpeg, mask) => sendBytes<Still>(`${path}?mask=${mask}`, jpeg, { type: "image/jpeg" }),
    share: ({ frame_id, captured_at, width, height, sha256, sighting, mask, part }) =>
      open.peek()?.commands.shareStill({
        frame: { stream: STREAM, frame_id, how: "still" },
        sha256,
        width,
        height,
        capturedAt: new Date(captured_at),
        sighting,
        mask,
        part,
      }),
  });
}

open.subscribe((session) => {
  session?.live.listen((message) => {
    if (message.type !== "freeze.asked") return;
    tellAgain(message.frame);
    sender()?.freeze(message.frame, message.is_whole);
  });
});
