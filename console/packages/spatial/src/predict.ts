/** Look for symbols that no detector found where the others say they must be. */

import type { CameraBelief } from "./camera";
import { cameraOf } from "./fit";
import type { FaceLayout, LookOptions } from "./locate";
import { transform } from "./pose";
import { errorRing, projectFace } from "./project";
import { type Sight, printedOn, sightHeld } from "./sights";
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
    const sight =
      reach <= MOST_REACH_PX[printed.tag === null ? "label" : "tag"]
        ? sightHeld(printed, camera, pose, reach, options)
        : null;
    return sight ? [sight] : [];
  });
}
