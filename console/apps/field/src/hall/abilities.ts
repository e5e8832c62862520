/** What a camera can do beside filming, as browsers tell it; and doing it. */
import type { ImagePoint } from "./points";

export interface Zoom {
  readonly now: number;
  readonly min: number;
  readonly max: number;
}

export interface Abilities {
  readonly torch: boolean;
  readonly zoom: Zoom | null;
  readonly canFocus: boolean;
}

/** Of `MediaStreamTrack`, as far as cameras go beyond what TypeScript knows. */
interface Capabilities {
  readonly torch?: boolean;
  readonly zoom?: { readonly min: number; readonly max: number };
  readonly focusMode?: readonly string[];
}

interface Constraint {
  readonly torch?: boolean;
  readonly zoom?: number;
  readonly focusMode?: string;
  readonly pointsOfInterest?: readonly { readonly x: number; readonly y: number }[];
}

export const NO_ABILITIES: Abilities = { torch: false, zoom: null, canFocus: false };

export function abilitiesOf(track: MediaStreamTrack | null): Abilities {
  const can = track?.getCapabilities?.() as Capabilities | undefined;
  if (!track || !can) return NO_ABILITIES;
  const now = (track.getSettings() as { zoom?: number }).zoom;
  const { zoom } = can;
  // A range of nothing: Chromium says so of cameras that do not zoom.
  const isRange = zoom !== undefined && zoom.max > zoom.min && zoom.min > 0;
  const knows = navigator.mediaDevices?.getSupportedConstraints() as
    { pointsOfInterest?: boolean } | undefined;
  return {
    torch: can.torch === true,
    zoom: isRange ? { now: now ?? zoom.min, min: zoom.min, max: zoom.max } : null,
    canFocus: knows?.pointsOfInterest === true && (can.focusMode?.includes("single-shot") ?? false),
  };
}

export function within({ min, max }: Zoom, wanted: number): number {
  return Math.min(max, Math.max(min, wanted));
}

export const setTorch = (track: MediaStreamTrack, torch: boolean) => apply(track, { torch });
export const setZoom = (track: MediaStreamTrack, zoom: number) => apply(track, { zoom });
export const focusOn = (track: MediaStreamTrack, [x, y]: ImagePoint) =>
  apply(track, { pointsOfInterest: [{ x, y }], focusMode: "single-shot" });

function apply(track: MediaStreamTrack, constraint: Constraint): Promise<void> {
  return track.applyConstraints({ advanced: [constraint as MediaTrackConstraintSet] });
}

/** Which camera comes after this one; those that look away from the person first. Null: there is no other. */
export function nextCamera(
  cameras: readonly Pick<MediaDeviceInfo, "deviceId" | "label">[],
  current: string | undefined,
): string | null {
  const facesPerson = ({ label }: { label: string }) => Number(/front|user|face\s?time|selfie/i.test(label));
  const order = [...cameras].sort((a, b) => facesPerson(a) - facesPerson(b));
  if (order.length < 2) return null;
  const at = order.findIndex(({ deviceId }) => deviceId === current);
  return order[(at + 1) % order.length]!.deviceId;
}
