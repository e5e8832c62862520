/** Look for symbols that no detector found where the others say they must be. */

import type { CameraBelief, Intrinsics } from "./camera";
import { cameraOf } from "./fit";
import type { FaceLayout, LookOptions } from "./locate";
import { type Pose, transform } from "./pose";
import { errorRing, projectFace } from "./project";
import type { Quad } from "./quads";
import { type Printed, type Sight, printedOn, sightFound, sightHeld, symbolCorners } from "./sights";
import { findTagNear } from "./tags";
import type { Finished } from "./uncertainty";

// A prediction less sure than this leads anywhere; a tag has few modules, and is soon looked for farther off.
const MOST_REACH_PX = { label: 12, tag: 40 } as const;
const NEAR_PX = 1.5; // beyond the ring: what the picture adds

/** Those that truly show in the picture. */
export function predicted(
  layout: FaceLayout,
  belief: CameraBelief,
  kept: readonly Sight[],
  { fitted, joint }: Finished,
  options: LookOptions,
  strangers: readonly string[],
): Sight[] {
  const { image } = options;
  if (!image) return [];
  const camera = cameraOf(belief, fitted.state);
  const { pose } = fitted.state;
  return printedOn(layout, options).flatMap((printed) => {
    if (kept.some((one) => one.name === printed.name) || strangers.includes(printed.name)) return [];
    const at = [printed.x_mm, printed.y_mm, 0] as const;
    const [u, v] = projectFace(camera, pose, at) ?? [-1, -1];
    if (!(u >= 0 && v >= 0 && u < image.width && v < image.height)) return [];
    if (transform(pose, at)[2] <= 1) return [];
    const reach = (errorRing(camera, pose, joint, at)?.px ?? Infinity) + NEAR_PX;
    const isNear = reach <= MOST_REACH_PX[printed.tag === null ? "label" : "tag"];
    const sight =
      (isNear ? sightHeld(printed, camera, pose, reach, options) : null) ??
      (printed.tag === null ? null : tagNear(printed, printed.tag, camera, pose, reach, options));
    return sight ? [sight] : [];
  });
}

/** A tag whose place is not sure enough to register it there is looked for by a detector that knows what to find. */
function tagNear(
  printed: Printed,
  id: number,
  camera: Intrinsics,
  pose: Pose,
  reach_px: number,
  { image, fresh }: LookOptions,
): Sight | null {
  const expected = symbolCorners(printed).map(([x, y]) => projectFace(camera, pose, [x, y, 0]));
  if (!image || expected.some((corner) => !corner)) return null;
  const whole = { x: 0, y: 0, w: image.width, h: image.height };
  const corners_px = findTagNear(image, id, expected as unknown as Quad, reach_px, fresh ?? [whole]);
  return corners_px && sightFound(printed, corners_px, image);
}
