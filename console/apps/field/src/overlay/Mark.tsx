/** One mark on the picture; where it is not sure, an amber area instead of ink that would name the wrong port. */
import { MarkInk } from "@nearhand/ui";
import type { Point } from "@nearhand/spatial";
import type { PlacedMark } from "./place";

interface MarkProps {
  mark: PlacedMark;
  toBox: (point: Point) => Point;
  /** CSS pixels per picture pixel. */
  scale: number;
}

const MIN_RING_PX = 16;
const MIN_AREA_PX = 24;

export function areaRadius({ ring_px }: PlacedMark, scale: number): number {
  return Math.max(MIN_AREA_PX, ring_px * scale);
}

export function Mark({ mark, toBox, scale }: MarkProps) {
  const [x, y] = toBox(mark.target);
  return (
    <g
      data-annotation-id={mark.id}
      data-shape={mark.shape}
      data-u-px={mark.target[0].toFixed(2)}
      data-v-px={mark.target[1].toFixed(2)}
      data-ring-px={mark.ring_px.toFixed(2)}
      data-ring-mm={mark.ring_mm.toFixed(2)}
      data-unsure={mark.isUnsure}
    >
      {mark.isUnsure ? (
        <g class="unsure">
          <circle cx={x} cy={y} r={areaRadius(mark, scale)} />
        </g>
      ) : (
        <>
          {mark.foot && <Foot from={toBox(mark.foot)} to={[x, y]} />}
          <MarkInk shape={mark.shape === "port" ? "ring" : mark.shape} points={inkPoints(mark, toBox)} />
        </>
      )}
    </g>
  );
}

/** From the face to what stands off it: so that nobody takes it for a mark on what lies behind. */
function Foot({ from, to }: { from: Point; to: Point }) {
  return (
    <g class="ui-ink ui-ink-mark">
      <path class="ui-ink-leader" d={`M${from.join(",")} L${to.join(",")}`} />
      <circle class="ui-ink-foot" cx={from[0]} cy={from[1]} r={3} />
    </g>
  );
}

/** A ring seen from far away stays large enough to be seen; what it is centred on does not move. A port is ringed. */
function inkPoints(mark: PlacedMark, toBox: (point: Point) => Point): Point[] {
  const points = mark.points.map(toBox);
  if (mark.shape === "label_3d") return points.slice(0, 1); // its words carry the line
  if (mark.shape !== "ring" && mark.shape !== "port") return points;
  return [points[0]!, [points[0]![0] + ringRadius(mark, toBox), points[0]![1]]];
}

function ringRadius({ points }: PlacedMark, toBox: (point: Point) => Point): number {
  const [centre, rim = centre] = points.map(toBox) as [Point, Point?];
  return Math.max(MIN_RING_PX, Math.hypot(rim[0] - centre[0], rim[1] - centre[1]));
}

/** How far what is drawn about the target reaches: words stay off it. */
export function reachOf(mark: PlacedMark, toBox: (point: Point) => Point, scale: number): number {
  if (mark.isUnsure) return areaRadius(mark, scale);
  if (mark.shape === "ring" || mark.shape === "port") return ringRadius(mark, toBox);
  return mark.rise ? 0 : 8;
}
