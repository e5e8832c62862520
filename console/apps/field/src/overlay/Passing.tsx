/** What passes by: pointers with a fading trail, and strokes that are still being drawn. */
import { MarkInk, type Point as InkPoint } from "@nearhand/ui";
import { fromUnit, type Point, pixelToFace, projectFace } from "@nearhand/spatial";
import { sightOf } from "../camera/eye";
import { newestFrame } from "../camera/frames";
import { target } from "../device/target";
import { nameOf, room } from "../session/room";
import { TRAIL_MS, trails } from "../session/trails";
import type { Sight } from "./place";

interface PassingProps {
  sight: Sight;
  toBox: (point: Point) => Point;
}

export function Pointers({ sight, toBox }: PassingProps) {
  const now = Date.now();
  void newestFrame.value; // a trail fades with each frame
  const view = room.value;
  return (
    <>
      {Object.entries(trails.value).map(([by, trail]) => {
        const pointer = view?.pointers[by];
        if (!pointer || pointer.device?.device_id !== target.value?.view.device.id) return null;
        const points = trail
          .map(({ at, point_mm }) => ({ at, point: projectFace(sight.camera, sight.located.pose, point_mm) }))
          .filter((one): one is { at: number; point: Point } => one.point !== null);
        const head = points.at(-1);
        if (!head) return null;
        const [x, y] = toBox(head.point);
        return (
          <g
            key={by}
            class="pointer"
            data-pointer={by}
            data-u-px={head.point[0].toFixed(2)}
            data-v-px={head.point[1].toFixed(2)}
          >
            {points.slice(0, -1).map(({ at, point }, i) => {
              const [tx, ty] = toBox(point);
              const left = Math.max(0, 1 - (now - at) / TRAIL_MS);
              return left > 0 && <circle key={i} cx={tx} cy={ty} r={2 + 5 * left} opacity={left * 0.6} />;
            })}
            <circle class="pointer-edge" cx={x} cy={y} r={10} />
            <circle cx={x} cy={y} r={8} />
            <text x={x + 16} y={y + 5}>
              {nameOf(by)}
            </text>
          </g>
        );
      })}
    </>
  );
}

/** A stroke is drawn on a frame of ours; carried over the device's face it stays on the device. */
export function Strokes({ sight, toBox }: PassingProps) {
  const strokes = Object.values(room.value?.strokes ?? {});
  return (
    <>
      {strokes.map(({ id, shape, frame, points }) => {
        const drawnOn =
          frame && (ownSight(frame.stream, frame.frame_id) ?? sharedSight(frame.stream, frame.frame_id));
        if (!drawnOn) return null;
        const carried = points
          .map((point) => pixelToFace(drawnOn.camera, drawnOn.pose, ...fromUnit(drawnOn.camera, point)))
          .map((mm) => mm && projectFace(sight.camera, sight.located.pose, [...mm, 0]))
          .filter((point): point is Point => point !== null)
          .map((point): InkPoint => toBox(point));
        return carried.length > 0 && <MarkInk key={id} shape={shape} points={carried} />;
      })}
    </>
  );
}

function sharedSight(stream: string, frameId: number) {
  const still = room.value?.stills.find(({ frame }) => frame.stream === stream && frame.frame_id === frameId);
  return still?.sighting ? { camera: still.sighting.camera, pose: still.sighting.T_camera_face } : null;
}

function ownSight(stream: string, frameId: number) {
  const sight = sightOf(stream, frameId);
  return sight && { camera: sight.camera, pose: sight.located.pose };
}
