/** Get moving pictures: the phone's rear camera, or the demo's simulated hall. Either way a <video> element. */
import { API, Refusal, refusalFrom } from "@nearhand/contract";
import { type CameraBelief, type Intrinsics, nominalBelief, scaledTo, type Size } from "@nearhand/spatial";
import { signal } from "@preact/signals";

export type CameraState =
  | { status: "off" }
  | { status: "starting" }
  | { status: "filming"; since: number } // the demo films its hall at its first start
  | { status: "on"; isDemo: boolean; isUpright: boolean; hasTorch: boolean }
  | { status: "failed"; because: CameraFailure };

export type CameraFailure = "insecure" | "denied" | "missing" | "busy" | "no_demo" | "hall_late";

/** The screen is filled; but a demo's picture that lies across it would lose the label, so all of it is shown. */
export function fitOf(state: CameraState, box: Size): "cover" | "contain" {
  const isAcross = state.status === "on" && state.isDemo && state.isUpright !== isUpright(box);
  return isAcross ? "contain" : "cover";
}

function isUpright({ width, height }: Size): boolean {
  return height > width;
}

export const cameraState = signal<CameraState>({ status: "off" });
export const isTorchOn = signal(false);

let track: MediaStreamTrack | null = null;
let shown: HTMLVideoElement | null = null;
let known: Intrinsics | null = null; // of the demo's camera, which tells

export async function openCamera(video: HTMLVideoElement, isDemo: boolean, deviceId?: string): Promise<void> {
  cameraState.value = { status: "starting" };
  shown = video;
  try {
    await (isDemo ? openDemo(video) : openReal(video, deviceId));
    await video.play();
    const size = { width: video.videoWidth, height: video.videoHeight };
    cameraState.value = { status: "on", isDemo, isUpright: isUpright(size), hasTorch: hasTorch() };
  } catch (error) {
    cameraState.value = { status: "failed", because: isDemo ? demoFailureOf(error) : failureOf(error) };
  }
}

export function closeCamera(video: HTMLVideoElement): void {
  track?.stop();
  track = shown = null;
  video.srcObject = null;
  video.removeAttribute("src");
  cameraState.value = { status: "off" };
}

/** The camera that films, for whoever steers it; null for the demo's film. */
export const filming = (): MediaStreamTrack | null => track;

/** Film with another camera of this phone. */
export async function openOther(deviceId: string): Promise<void> {
  const video = shown;
  if (!video) return;
  track?.stop();
  await openCamera(video, false, deviceId);
}

let lensMovedAt = -Infinity;
const LENS_SETTLES_MS = 400;
const MOVING_SD = 0.35; // of the focal length's logarithm: it may be the one before or the one after

/** The zoom is being changed: pictures of this moment may show either. */
export function lensMoves(): void {
  lensMovedAt = performance.now();
}

const isLensMoving = () => performance.now() - lensMovedAt < LENS_SETTLES_MS;

/** What was learnt of cameras comes with the first one that is opened: the page starts without it. */
let cameras: typeof import("./cameras") | null = null;

/** Names the camera as it is set now; null while it can not be told from others, and for the demo's. */
export function cameraKeyFor(width: number, height: number): string | null {
  const key =
    known || !cameras || isLensMoving() ? null : cameras.cameraKey(cameras.settingOf(track), width, height);
  if (key !== null) cameras!.shared.meet(key);
  return key;
}

export function keepLearnt(key: string, camera: CameraBelief, views: number): void {
  if (cameras?.keepCamera(key, camera, views)) cameras.shared.learnt();
}

/** The camera for pictures of this size: as it tells or as it was learnt, else what is assumed of a phone. */
export function intrinsicsFor(width: number, height: number): CameraBelief {
  const told = known
    ? scaledTo(known, width, height)
    : cameras?.believedOf(cameras.settingOf(track), width, height);
  const belief = told ?? nominalBelief(width, height);
  return isLensMoving() ? { ...belief, focal_sd: MOVING_SD } : belief;
}

async function openReal(video: HTMLVideoElement, deviceId?: string): Promise<void> {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no secure context", "SecurityError");
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: {
      ...(deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: "environment" } }),
      width: { ideal: 1920 },
      height: { ideal: 1080 },
      frameRate: { ideal: 30 },
    },
  });
  track = stream.getVideoTracks()[0] ?? null;
  known = null;
  isTorchOn.value = false;
  void import("./cameras").then((loaded) => (cameras = loaded)).catch(() => undefined);
  // Another app or a pulled cable ends the track: say so rather than show a frozen picture.
  track?.addEventListener("ended", () => (cameraState.value = { status: "failed", because: "busy" }));
  video.srcObject = stream;
}

/** A hall that is filmed already answers sooner. */
const FILMING_AFTER_MS = 1200;

interface HallCamera {
  camera?: Intrinsics;
}

async function openDemo(video: HTMLVideoElement): Promise<void> {
  const which = isUpright({ width: innerWidth, height: innerHeight }) ? "?upright=true" : "";
  const since = Date.now();
  const patience = setTimeout(() => (cameraState.value = { status: "filming", since }), FILMING_AFTER_MS);
  try {
    const response = await fetch(`${API}/demo/hall/hall.json${which}`, { credentials: "same-origin" });
    if (!response.ok) throw await refusalFrom(response);
    known = ((await response.json()) as HallCamera).camera ?? null;
  } finally {
    clearTimeout(patience);
  }
  video.src = `${API}/demo/hall/hall.webm${which}`;
  video.loop = true;
}

function demoFailureOf(error: unknown): CameraFailure {
  return error instanceof Refusal && error.code === "no_hall" ? "hall_late" : "no_demo";
}

function failureOf(error: unknown): CameraFailure {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "SecurityError") return "insecure";
  if (name === "NotAllowedError") return "denied";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "missing";
}

function hasTorch(): boolean {
  const abilities = track?.getCapabilities?.() as { torch?: boolean } | undefined;
  return abilities?.torch === true;
}

export async function switchTorch(): Promise<void> {
  const torch = !isTorchOn.value;
  await track?.applyConstraints({ advanced: [{ torch } as MediaTrackConstraintSet] });
  isTorchOn.value = torch;
}
