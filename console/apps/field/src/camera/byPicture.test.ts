import { beforeEach, describe, expect, it, vi } from "vitest";
import { areTwoAlike, ByPicture, type Doors, type Wanted } from "./byPicture";
import type { FrameRead, StillTaken } from "./messages";

const CAMERA = { width: 1280, height: 720, fx: 1000, fy: 1000, cx: 639.5, cy: 359.5, k1: 0 };
const WANTED: Wanted = { deviceId: "D", typeId: "T", side: "front" };
const POSE = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 500, 0, 0, 0, 1];
const FOUND = {
  device_id: "D", face: "front", held: "face_picture", T_camera_face: POSE, covariance: Array(36).fill(0),
  camera: CAMERA, label_seen: false, tags_seen: [],
}; // prettier-ignore

let now = 10_000;
let read = vi.fn();
let pictures = vi.fn();
let isOffline = false;
let finder: ByPicture;

function still(change: Partial<FrameRead> = {}): StillTaken {
  const frame: FrameRead = {
    type: "read", frame_id: 7, captured_at: now, width: 1280, height: 720, camera: CAMERA, labels: [], tags: [],
    deviceId: "D", isWide: true, strangers: [], isMirrored: false, located: null, isBlurred: false, isFilmed: false, features: 0, ms: 5, ...change,
  }; // prettier-ignore
  return { type: "still", frame, jpeg: new Blob(["x"]), mask: "none", part: null, camera: frame.camera };
}

beforeEach(() => {
  now = 10_000;
  isOffline = false;
  read = vi.fn().mockResolvedValue({ found: FOUND, finding: null });
  pictures = vi.fn().mockResolvedValue([{ face: "front", device_id: null }]);
  finder = new ByPicture({ now: () => now, isOffline: () => isOffline, pictures, read } as unknown as Doors);
});

describe("finding a device by its picture", () => {
  it("asks about a still in which no symbol was seen for a second, with all that is known of the camera", async () => {
    const found = await finder.find(still(), WANTED, 8000);
    expect(found).toMatchObject({ frame_id: 7, pose: POSE, camera: CAMERA });
    const query = read.mock.calls[0]![1] as URLSearchParams;
    expect(Object.fromEntries(query)).toMatchObject({ device_id: "D", face: "front", fx: "1000" });
  });

  it("does not ask while symbols are seen, offline, without a reference picture, or on contradiction", async () => {
    expect(await finder.find(still(), WANTED, now - 500)).toBeNull();
    expect(await finder.find(still({ strangers: ["tag 7"] }), WANTED, 0)).toBeNull();
    isOffline = true;
    expect(await finder.find(still(), WANTED, 0)).toBeNull();
    isOffline = false;
    pictures.mockResolvedValue([{ face: "front", device_id: "another" }, { face: "rear", device_id: null }]); // prettier-ignore
    expect(await finder.find(still(), WANTED, 0)).toBeNull();
    expect(read).not.toHaveBeenCalled();
  });

  it("asks at most once in two seconds, and a slow service less often", async () => {
    await finder.find(still(), WANTED, 0);
    now += 1900;
    await finder.find(still(), WANTED, 0);
    expect(read).toHaveBeenCalledTimes(1);
    now += 200;
    read.mockImplementation(async () => {
      now += 6000;
      return { found: null, finding: null };
    });
    await finder.find(still(), WANTED, 0);
    now += 5000;
    await finder.find(still(), WANTED, 0);
    expect(read).toHaveBeenCalledTimes(2);
    expect(pictures).toHaveBeenCalledTimes(1);
  });

  it("says that two are alike, and takes neither", async () => {
    read.mockResolvedValue({ found: null, finding: "two_alike" });
    expect(await finder.find(still(), WANTED, 0)).toBeNull();
    expect(areTwoAlike.value).toBe(true);
    now += 3000;
    read.mockResolvedValue({ found: FOUND, finding: null });
    expect(await finder.find(still(), WANTED, 0)).not.toBeNull();
    expect(areTwoAlike.value).toBe(false);
  });

  it("takes a refusal or silence for not found", async () => {
    read.mockRejectedValue(new Error("busy"));
    expect(await finder.find(still(), WANTED, 0)).toBeNull();
  });
});
