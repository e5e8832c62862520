/** A rack as a map: where its units and devices are, and the way from one to another. */

import type { FaceLayout, Located } from "./locate";
import { type Pose, compose, poseOf } from "./pose";

/** The server's `RackMap`, as far as vision needs it: millimetres from the top left of the topmost unit. */
export interface RackMap {
  readonly width_mm: number;
  readonly u_mm: number;
  /** How far a face may sit from its place. */
  readonly tolerance_mm: number;
}

export interface RackSide {
  readonly units: readonly { readonly u: number; readonly y_mm: number }[];
  readonly devices: readonly RackDevice[];
}

/** `layout` is in millimetres of the device's own face, whose top left lies at (x_mm, y_mm). */
export interface RackDevice {
  readonly device_id: string;
  readonly position_u: number;
  readonly x_mm: number;
  readonly y_mm: number;
  readonly layout?: FaceLayout | null;
}

/** So many units, counted by the units' numbers. */
export interface Way {
  readonly units: number;
  readonly direction: "up" | "down";
}

/**
 * A device seen elsewhere than registered: `units` further up, or down where negative. Not certain: only one other
 * device was seen, and it may be that one which moved.
 */
export interface Misplaced {
  readonly device_id: string;
  readonly units: number;
  readonly against: readonly string[];
  readonly isCertain: boolean;
}

/** Where a rack's side is. `located` is of the face of the device `base`. */
export interface RackSeen {
  readonly pose: Pose;
  readonly located: Located;
  readonly base: RackDevice;
  /** The devices on whose symbols the pose rests. */
  readonly devices: readonly string[];
  readonly misplaced: readonly Misplaced[];
}

/** From one device to another; null where one of them is not on this side, or both are at the same unit. */
export function wayBetween({ devices }: RackSide, here: string, there: string): Way | null {
  const [start, end] = [here, there].map((id) => devices.find(({ device_id }) => device_id === id));
  if (!start || !end || start.position_u === end.position_u) return null;
  const units = Math.abs(end.position_u - start.position_u);
  return { units, direction: end.y_mm < start.y_mm ? "up" : "down" };
}

/** T_camera_rack of T_camera_face of a device that is mounted in it. */
export function rackPose(pose: Pose, { x_mm, y_mm }: Pick<RackDevice, "x_mm" | "y_mm">): Pose {
  return compose(pose, poseOf([0, 0, 0], [-x_mm, -y_mm, 0]));
}
