/** Find the rack in a frame, by whatever symbols were read in it. */
import { locate, locateRack, type RackMap, type RackSeen, type RackSide } from "@nearhand/spatial";
import type { FrameRead } from "../camera/messages";

export function findRack(map: RackMap, side: RackSide, frame: FrameRead): RackSeen | null {
  const { camera, labels, tags } = frame;
  return locateRack(map, side, {
    camera,
    texts: new Set(labels.map(({ text }) => text.toUpperCase())),
    tags: new Set(tags.map(({ id }) => id)),
    locate: (layout) => locate(layout, camera, labels, tags),
  });
}
