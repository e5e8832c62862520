/** Where no symbol of the device is seen: ask the service to find it in a still, by its face's reference picture. */
import { type Reading, type ReferencePicture, sendBytes } from "@nearhand/contract";
import type { Intrinsics, Pose } from "@nearhand/spatial";
import { signal } from "@preact/signals";
import type { StillTaken } from "./messages";

/** Whose face is looked for. */
export interface Wanted {
  readonly deviceId: string;
  readonly typeId: string;
  readonly side: "front" | "rear";
}

/** Where it was in the frame of that still. */
export interface FoundByPicture {
  readonly frame_id: number;
  readonly captured_at: number;
  readonly camera: Intrinsics;
  readonly pose: Pose;
  readonly covariance: number[];
}

export interface Doors {
  now: () => number;
  isOffline: () => boolean;
  pictures: (typeId: string) => Promise<readonly Pick<ReferencePicture, "face" | "device_id">[]>;
  read: (jpeg: Blob, query: URLSearchParams) => Promise<Pick<Reading, "found" | "finding">>;
}

const UNSEEN_MS = 1000;
const GAP_MS = 2000;
const FORGET_MS = 60_000; // somebody may have taken a reference picture meanwhile

/** Two devices of the type are in view, and no symbol says which is which. */
export const areTwoAlike = signal(false);

export class ByPicture {
  #nextAt = 0;
  #isAsking = false;
  readonly #known = new Map<string, { at: number; has: Promise<boolean> }>();

  constructor(private readonly doors: Doors) {}

  /** `seenAt`: when the device was last seen by its symbols. Null when it was not asked, or not found. */
  async find({ frame, jpeg }: StillTaken, wanted: Wanted, seenAt: number): Promise<FoundByPicture | null> {
    const now = this.doors.now();
    if (frame.located || frame.strangers.length > 0 || frame.captured_at - seenAt < UNSEEN_MS) return null;
    if (this.#isAsking || now < this.#nextAt || this.doors.isOffline()) return null;
    this.#isAsking = true;
    try {
      if (!(await this.#has(wanted))) return null;
      this.#nextAt = this.doors.now() + GAP_MS;
      const { found, finding } = await this.doors.read(jpeg, queryOf(frame.camera, wanted));
      areTwoAlike.value = finding === "two_alike";
      if (found?.held !== "face_picture" || found.device_id !== wanted.deviceId) return null;
      const { frame_id, captured_at } = frame;
      return {
        frame_id,
        captured_at,
        camera: found.camera,
        pose: found.T_camera_face as unknown as Pose,
        covariance: [...found.covariance],
      };
    } catch {
      return null; // out of reach, or too busy: the next still is asked about
    } finally {
      // A slow service is asked less often: it is given as long to rest as it took.
      this.#nextAt = Math.max(this.#nextAt, 2 * this.doors.now() - now);
      this.#isAsking = false;
    }
  }

  #has({ typeId, deviceId, side }: Wanted): Promise<boolean> {
    const key = `${deviceId} ${side}`;
    const before = this.#known.get(key);
    if (before && this.doors.now() - before.at < FORGET_MS) return before.has;
    const has = this.doors
      .pictures(typeId)
      .then((all) => all.some((one) => one.face === side && (one.device_id ?? deviceId) === deviceId));
    this.#known.set(key, { at: this.doors.now(), has });
    has.catch(() => this.#known.delete(key));
    return has;
  }
}

function queryOf({ fx, fy, cx, cy, k1 }: Intrinsics, { deviceId, side }: Wanted): URLSearchParams {
  const numbers = Object.entries({ fx, fy, cx, cy, k1 }).map(([name, value]) => [name, String(value)]);
  return new URLSearchParams([["device_id", deviceId], ["face", side], ...numbers] as string[][]);
}

export const doors = (isOffline: () => boolean, get: <T>(path: string) => Promise<T>): Doors => ({
  now: Date.now,
  isOffline,
  pictures: (typeId) => get<ReferencePicture[]>(`/device-types/${encodeURIComponent(typeId)}/face-pictures`),
  read: (jpeg, query) => sendBytes<Reading>(`/images/read?${query}`, jpeg, { type: "image/jpeg" }),
});
