/** Where things stand in a rack drawn from top to bottom, however its units are numbered. */
import type { Device, DeviceType, FaceSide, Rack } from "@nearhand/contract";

export const U_MM = 44.45;
export const RACK_MM = 482.6;

export interface Mounted {
  readonly device: Device;
  readonly device_type: DeviceType;
}

/** Unit numbers from the top of the drawing to its bottom. */
export function unitsFromTop({ height_u, first_u, counted_from }: Rack): number[] {
  const upwards = Array.from({ length: height_u }, (_, n) => first_u + n);
  return counted_from === "top" ? upwards : upwards.reverse();
}

/** Millimetres from the top of the rack to the top of a device; `position_u` is its lowest-numbered unit. */
export function topOf(rack: Rack, { device, device_type }: Mounted): number | null {
  if (device.position_u == null) return null;
  const before = device.position_u - rack.first_u;
  const units = rack.counted_from === "top" ? before : rack.height_u - before - device_type.height_u;
  return units * U_MM;
}

/** Which face of a device is seen from a side of the rack; null: the back of a device that is not full depth. */
export function seenFrom(side: FaceSide, { device, device_type }: Mounted): FaceSide | null {
  if (device.face === side) return "front";
  return device_type.is_full_depth ? "rear" : null;
}

export function freeUnits(rack: Rack, mounted: readonly Mounted[]): number {
  const used = new Set<number>();
  for (const { device, device_type } of mounted) {
    if (device.position_u == null) continue;
    for (let u = 0; u < Math.ceil(device_type.height_u); u++) used.add(device.position_u + u);
  }
  return rack.height_u - used.size;
}
