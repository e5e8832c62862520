/** Remember what was learnt of each camera, by camera and zoom; what belongs to another is never used. */
import { type CameraBelief, nominalBelief, scaledTo, surenessOf } from "@nearhand/spatial";

const STORE = "nearhand.cameras";
const MOST_CAMERAS = 20;
const ZOOM_DIGITS = 2;
const LABEL_LENGTH = 80; // the service takes keys of up to 200 characters

/** What names a camera as it is set now. */
export interface CameraSetting {
  readonly deviceId?: string | undefined;
  readonly label?: string | undefined;
  readonly facing?: string | undefined;
  readonly zoom?: number | undefined;
  /** The zoom at which it draws nothing nearer. */
  readonly restZoom?: number | undefined;
}

/** What is kept of one camera; `views`: of how many it was learnt; `told`: whose shelf on the service has it. */
export interface Kept {
  readonly camera: CameraBelief;
  readonly at: number;
  readonly views: number;
  readonly told: string | null;
}

/** Null for a camera that can not be told from others: then nothing of it is kept. */
export function cameraKey(
  { deviceId, label, facing, zoom }: CameraSetting,
  width: number,
  height: number,
): string | null {
  // Browsers give a camera's id per site; without permission both are empty.
  if (!deviceId && !label) return null;
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  // A stream of another shape is cut from another part of the sensor. Held upright, it is the same one turned.
  const shape = (long / short).toFixed(2);
  return [
    deviceId ?? "",
    (label ?? "").slice(0, LABEL_LENGTH),
    facing ?? "",
    shape,
    (zoom ?? 1).toFixed(ZOOM_DIGITS),
  ].join("|");
}

/** Whether the key says which phone it is: a browser's own id does, a label such as "back camera" does not. */
export function isOwn(key: string): boolean {
  return !key.startsWith("|");
}

export function settingOf(track: MediaStreamTrack | null): CameraSetting {
  const settings = track?.getSettings?.() as (MediaTrackSettings & { zoom?: number }) | undefined;
  return {
    deviceId: settings?.deviceId,
    label: track?.label,
    facing: settings?.facingMode,
    zoom: settings?.zoom,
    restZoom: track ? restZoomOf(track) : undefined,
  };
}

const rests = new WeakMap<MediaStreamTrack, number>();

/** 1 where that is within its range; some cameras count from 100. */
function restZoomOf(track: MediaStreamTrack): number {
  let rest = rests.get(track);
  if (rest === undefined) {
    const range = (track.getCapabilities?.() as { zoom?: { min?: number } } | undefined)?.zoom;
    rests.set(track, (rest = Math.max(1, range?.min ?? 1)));
  }
  return rest;
}

const ZOOM_SD = 0.03; // a phone's zoom is rounded, and may be another lens than is said

/**
 * The camera as it is set now: as it was learnt so, else as it was learnt unzoomed, or is assumed, and drawn nearer.
 * Null: nothing is known that a phone's camera is not assumed to be anyway.
 */
export function believedOf(setting: CameraSetting, width: number, height: number): CameraBelief | null {
  const learnt = recallCamera(cameraKey(setting, width, height), width, height);
  const { zoom = 1, restZoom = 1 } = setting;
  const factor = zoom / restZoom;
  if (learnt || factor === 1) return learnt;
  const atRest = cameraKey({ ...setting, zoom: restZoom }, width, height);
  return drawnNearer(recallCamera(atRest, width, height) ?? nominalBelief(width, height), factor);
}

/** Zoom cuts out the middle of the picture and makes it large: the lens stays as it is. */
function drawnNearer(camera: CameraBelief, factor: number): CameraBelief {
  const { focal_sd, k1_sd } = surenessOf(camera);
  const [middleX, middleY] = [(camera.width - 1) / 2, (camera.height - 1) / 2];
  return {
    ...camera,
    fx: camera.fx * factor,
    fy: camera.fy * factor,
    cx: middleX + (camera.cx - middleX) * factor,
    cy: middleY + (camera.cy - middleY) * factor,
    focal_sd: Math.hypot(focal_sd, ZOOM_SD),
    k1_sd,
  };
}

/** What was learnt of this very camera and setting, for pictures of this size; null when nothing was. */
export function recallCamera(key: string | null, width: number, height: number): CameraBelief | null {
  const kept = key === null ? undefined : read()[key];
  if (!kept) return null;
  return scaledTo(kept.camera, width, height) ?? turned(kept.camera, width, height);
}

/** Keeps it unless what is kept already is surer; says whether it did. */
export function keepCamera(
  key: string | null,
  camera: CameraBelief,
  views = 1,
  told: string | null = null,
): boolean {
  if (key === null || camera.focal_sd === undefined) return false;
  const old = read()[key]?.camera.focal_sd;
  if (old !== undefined && old < camera.focal_sd) return false;
  write({ ...read(), [key]: { camera, at: Date.now(), views, told } });
  return true;
}

/** What this person's shelf on the service does not have yet, of cameras that are certainly this phone's. */
export function untold(owner: string): [key: string, kept: Kept][] {
  return Object.entries(read()).filter(([key, { told }]) => isOwn(key) && told !== owner);
}

/** The service has it now, unless something was learnt meanwhile. */
export function markTold(key: string, { at }: Kept, owner: string): void {
  const now = read()[key];
  if (now?.at === at) write({ ...read(), [key]: { ...now, told: owner } });
}

function write(all: Record<string, Kept>): void {
  const newest = Object.entries(all).sort(([, a], [, b]) => b.at - a.at);
  try {
    localStorage.setItem(STORE, JSON.stringify(Object.fromEntries(newest.slice(0, MOST_CAMERAS))));
  } catch {
    // A full or closed store: the camera is learnt anew next time.
  }
}

/** A phone held the other way hands over the same picture turned: its sides change places. */
function turned(camera: CameraBelief, width: number, height: number): CameraBelief | null {
  const { fx, fy, cx, cy } = camera;
  const across = { ...camera, width: camera.height, height: camera.width, fx: fy, fy: fx, cx: cy, cy: cx };
  return scaledTo(across, width, height);
}

let last: { text: string; cameras: Record<string, Kept> } = { text: "{}", cameras: {} };

/** Asked for each frame: taken apart only when it has changed. */
function read(): Record<string, Kept> {
  try {
    const text = localStorage.getItem(STORE) ?? "{}";
    if (text === last.text) return last.cameras;
    const found: unknown = JSON.parse(text);
    const entries = typeof found === "object" && found !== null ? Object.entries(found) : [];
    last = {
      text,
      cameras: Object.fromEntries(entries.filter(([, one]) => isKept(one))) as Record<string, Kept>,
    };
    return last.cameras;
  } catch {
    return {};
  }
}

function isKept(one: unknown): one is Kept {
  const { camera, views } = (one as Kept | null) ?? {};
  if (!camera || !Number.isFinite(views)) return false;
  const { width, height, fx, fy, cx, cy, k1, focal_sd, k1_sd } = camera;
  return [width, height, fx, fy, cx, cy, k1, focal_sd, k1_sd].every(Number.isFinite) && fx > 0 && fy > 0;
}
