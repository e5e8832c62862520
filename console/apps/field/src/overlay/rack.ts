/** The rack the wanted device is in: where it is in the picture, the way to the device, and what sits elsewhere. */
import type { RackMap, RackSide, Resolved } from "@nearhand/contract";
import {
  type Intrinsics,
  type Misplaced,
  type Pose,
  projectFace,
  rackPose,
  type RackSeen,
  type Way,
  wayBetween,
} from "@nearhand/spatial";
import { computed, effect, signal } from "@preact/signals";
import { lastSight } from "../camera/eye";
import { newestFrame } from "../camera/frames";
import { target } from "../device/target";
import { nowMs } from "../hud/clock";
import { remembered } from "../offline/memory";
import { get } from "../rest";

const LOOKED_FOR_EVERY_MS = 250;
const FRESH_MS = 900;
const MISPLACED_AFTER = 3; // looks in a row: a smeared frame may mislead one

/** The rack of the wanted device, and the side of it that shows the wanted face. */
const known = signal<{ map: RackMap; side: RackSide } | null>(null);
const seen = signal<{ rack: RackSeen; camera: Intrinsics; at: number } | null>(null);
const repeated = signal<{ key: string; times: number; misplaced: readonly Misplaced[] }>({
  key: "",
  times: 0,
  misplaced: [],
});

/** The label of another device, read on the way to one that was picked and not seen yet. */
export const onTheWay = signal<{ found: Resolved; at: number; isStale: boolean; read_at: number } | null>(
  null,
);

let asked = "";
effect(() => {
  const now = target.value;
  const rackId = now?.view.rack?.id ?? "";
  const key = `${rackId} ${now?.view.device.id} ${now?.side}`;
  if (asked === key) return;
  asked = key;
  known.value = seen.value = onTheWay.value = null;
  repeated.value = { key: "", times: 0, misplaced: [] };
  if (now && rackId) void load(rackId, now.view.device.id, now.side, key);
});

async function load(rackId: string, deviceId: string, face: string, key: string): Promise<void> {
  const path = `/racks/${encodeURIComponent(rackId)}/map`;
  // Without it there is no way to show; everything else works.
  const read = await remembered(path, deviceId, () => get<RackMap>(path)).catch(() => null);
  if (!read || asked !== key) return;
  const side = [read.data.front, read.data.rear].find(({ devices }) =>
    devices.some((one) => one.device_id === deviceId && one.face === face),
  );
  known.value = side ? { map: read.data, side } : null;
}

/** Finding a rack takes all of vision: it comes as a part of its own, when there is a rack to be found. */
export const rackPart = signal<typeof import("./rackPart") | null>(null);
known.subscribe((rack) => {
  if (rack && !rackPart.peek())
    void import("./rackPart").then((loaded) => (rackPart.value = loaded)).catch(() => undefined);
});

let lookedAt = 0;
newestFrame.subscribe((frame) => {
  const rack = known.peek();
  const part = rackPart.peek();
  if (!frame || !rack || !part || frame.captured_at - lookedAt < LOOKED_FOR_EVERY_MS) return;
  if (frame.tags.length + frame.labels.length === 0) return;
  if (frame.located && !frame.isWide) return; // only the held device was looked for
  lookedAt = frame.captured_at;
  const { camera } = frame;
  const found = part.findRack(rack.map, rack.side, frame);
  if (!found) return;
  seen.value = { rack: found, camera, at: frame.captured_at };
  if (found.devices.length + found.misplaced.length < 2) return; // a device alone contradicts nobody
  const key = JSON.stringify(found.misplaced.map(({ device_id, units }) => [device_id, units]));
  const times = repeated.peek().key === key ? repeated.peek().times + 1 : 1;
  repeated.value = { key, times, misplaced: found.misplaced };
});

export interface RackInView {
  map: RackMap;
  side: RackSide;
  camera: Intrinsics;
  pose: Pose;
  covariance: readonly number[];
}

/** Where the rack is in the newest picture: with the device that is held, else by whatever is seen of it. */
export const rackInView = computed<RackInView | null>(() => {
  const [rack, sight, frame] = [known.value, lastSight.value, newestFrame.value];
  if (!rack || !frame) return null;
  const id = target.value?.view.device.id;
  const place = rack.side.devices.find(({ device_id }) => device_id === id);
  if (place && sight && sight.deviceId === id && frame.captured_at - sight.at < FRESH_MS) {
    const { camera, located } = sight;
    return { ...rack, camera, pose: rackPose(located.pose, place), covariance: located.covariance };
  }
  if (!seen.value || frame.captured_at - seen.value.at > FRESH_MS) return null;
  const { camera, rack: found } = seen.value;
  return { ...rack, camera, pose: found.pose, covariance: found.located.covariance };
});

/** From the device in the middle of the picture to the wanted one, while that is not in view itself. */
export const wayThere = computed<{ way: Way; name: string } | null>(() => {
  const [rack, found, now, frame] = [known.value, seen.value, target.value, newestFrame.value];
  if (!rack || !found || !now || !frame || frame.captured_at - found.at > 2 * FRESH_MS) return null;
  const { id, name } = now.view.device;
  const sight = lastSight.value;
  if (found.rack.devices.includes(id) || (sight?.deviceId === id && frame.captured_at - sight.at < FRESH_MS))
    return null;
  const here = nearestToMiddle(found.rack, found.camera, rack.side);
  const way = here && wayBetween(rack.side, here, id);
  return way ? { way, name } : null;
});

function nearestToMiddle({ pose, devices }: RackSeen, camera: Intrinsics, side: RackSide): string | null {
  const [cx, cy] = [camera.width / 2, camera.height / 2];
  const off = (device: RackSide["devices"][number]) => {
    const at = projectFace(camera, pose, [
      device.x_mm + device.width_mm / 2,
      device.y_mm + device.height_mm / 2,
      0,
    ]);
    return at ? Math.hypot(at[0] - cx, at[1] - cy) : Infinity;
  };
  const inView = side.devices.filter(({ device_id }) => devices.includes(device_id));
  return inView.sort((a, b) => off(a) - off(b))[0]?.device_id ?? null;
}

/** From a device whose label was just read to the wanted one, in the same rack. */
export function wayFrom(deviceId: string): Way | null {
  const wanted = target.value?.view.device.id;
  return known.value && wanted ? wayBetween(known.value.side, deviceId, wanted) : null;
}

/** Whether this label only shows the way: who picked a device in the same rack is not taken off it by its neighbour. */
export function isOnTheWay(found: Resolved, at: number, isStale: boolean): boolean {
  const wanted = target.peek()?.view.device.id;
  if (!wanted || lastSight.peek()?.deviceId === wanted || !wayFrom(found.view.device.id)) return false;
  onTheWay.value = { found, at, isStale, read_at: Date.now() };
  return true;
}

/** A device that sits elsewhere than registered, once that is seen again and again. */
export const misplaced = computed(() => {
  const { times, misplaced: found } = repeated.value;
  const [first] = found;
  if (!first || times < MISPLACED_AFTER || !known.value || nowMs.value - (seen.value?.at ?? 0) > 6000)
    return null;
  const nameOf = (id: string) =>
    known.value!.side.devices.find(({ device_id }) => device_id === id)?.name ?? id;
  return { ...first, name: nameOf(first.device_id), other: nameOf(first.against[0] ?? "") };
});
