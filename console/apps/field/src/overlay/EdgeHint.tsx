/** A mark that lies outside the screen: a chevron at the edge, pointing to it. */
import type { Point, Size } from "@nearhand/spatial";

interface EdgeHintProps {
  at: Point;
  box: Size;
  text: string;
}

const SIDE_PX = 22;
const BUTTONS_PX = 184; // on a phone held sideways the thumb's buttons stand on the right
const SIDEWAYS_BELOW_PX = 520;
const TOP_PX = 104; // below the upper edge's chips
const BOTTOM_PX = 170; // above the thumb's buttons

export function isOutside([x, y]: Point, box: Size): boolean {
  return x < 0 || y < 0 || x > box.width || y > box.height;
}

export function EdgeHint({ at, box, text }: EdgeHintProps) {
  const isSideways = box.width > box.height && box.height <= SIDEWAYS_BELOW_PX;
  const x = clamp(at[0], SIDE_PX, box.width - (isSideways ? BUTTONS_PX : SIDE_PX));
  const y = clamp(at[1], Math.min(TOP_PX, box.height / 3), Math.max(box.height - BOTTOM_PX, box.height / 2));
  const angle = (Math.atan2(at[1] - y, at[0] - x) * 180) / Math.PI;
  const isRight = x > box.width / 2;
  return (
    <g class="edge-hint" transform={`translate(${x} ${y})`}>
      <circle r={16} />
      <path d="M-4,-7 L5,0 L-4,7" transform={`rotate(${angle})`} />
      <text x={isRight ? -24 : 24} y={5} text-anchor={isRight ? "end" : "start"}>
        {text}
      </text>
    </g>
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
