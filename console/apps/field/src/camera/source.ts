/** Get moving pictures: the phone's rear camera, or the demo's simulated hall. Either way a <video> element. */
import { API } from "@nearhand/contract";
import { type Intrinsics, nominalCamera, scaledTo } from "@nearhand/spatial";
import { signal } from "@preact/signals";

export type CameraState =
  | { status: "off" }
  | { status: "starting" }
  | { status: "on"; isDemo: boolean; hasTorch: boolean }
  | { status: "failed"; because: CameraFailure };

export type CameraFailure = "insecure" | "denied" | "missing" | "busy" | "no_demo";

export const cameraState = signal<CameraState>({ status: "off" });
export const isTorchOn = signal(false);

let track: MediaStreamTrack | null = null;
let known: Intrinsics | null = null; // of this camera, where somebody measured it

export async function openCamera(video: HTMLVideoElement, isDemo: boolean): Promise<void> {
  cameraState.value = { status: "starting" };
  try {
    await (isDemo ? openDemo(video) : openReal(video));
    await video.play();
    cameraState.value = { status: "on", isDemo, hasTorch: hasTorch() };
  } catch (error) {
    cameraState.value = { status: "failed", because: isDemo ? "no_demo" : failureOf(error) };
  }
}

export function closeCamera(video: HTMLVideoElement): void {
  track?.stop();
  track = null;
  video.srcObject = null;
  video.removeAttribute("src");
  cameraState.value = { status: "off" };
}

/** The intrinsics for pictures of this size: as measured, else what is assumed of a phone. */
export function intrinsicsFor(width: number, height: number): Intrinsics {
  return (known && scaledTo(known, width, height)) ?? nominalCamera(width, height);
}

async function openReal(video: HTMLVideoElement): Promise<void> {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no secure context", "SecurityError");
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: {
      facingMode: { ideal: "environment" },
      width: { ideal: 1920 },
      height: { ideal: 1080 },
      frameRate: { ideal: 30 },
    },
  });
  track = stream.getVideoTracks()[0] ?? null;
  // Another app or a pulled cable ends the track: say so rather than show a frozen picture.
  track?.addEventListener("ended", () => (cameraState.value = { status: "failed", because: "busy" }));
  video.srcObject = stream;
}

interface HallCamera {
  camera?: Intrinsics;
}

async function openDemo(video: HTMLVideoElement): Promise<void> {
  const response = await fetch(`${API}/demo/hall/hall.json`, { credentials: "same-origin" });
  if (!response.ok) throw new Error("no demo hall");
  known = ((await response.json()) as HallCamera).camera ?? null;
  video.src = `${API}/demo/hall/hall.webm`;
  video.loop = true;
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
