/** One mark on the picture; where it is not sure, an amber area instead of ink that would name the wrong port. */
import { MarkInk } from "@nearhand/ui";
import type { Point } from "@nearhand/spatial";
import { t } from "../words/hud";
import type { PlacedMark } from "./place";

interface MarkProps {
  mark: PlacedMark;
  toBox: (point: Point) => Point;
  /** CSS pixels per picture pixel. */
  scale: number;
  /** Without words: on a small picture. */
  isQuiet?: boolean;
}

const MIN_RING_PX = 16;

export function Mark({ mark, toBox, scale, isQuiet = false }: MarkProps) {
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
        <Unsure
          x={x}
          y={y}
          r={Math.max(24, mark.ring_px * scale)}
          text={isQuiet ? "" : [t("come_closer"), mark.text].filter(Boolean).join(" · ")}
        />
      ) : (
        <MarkInk
          shape={mark.shape === "port" ? "ring" : mark.shape}
          text={isQuiet ? "" : mark.text}
          points={inkPoints(mark, toBox)}
        />
      )}
    </g>
  );
}

/** A ring seen from far away stays large enough to be seen; what it is centred on does not move. A port is ringed. */
function inkPoints(mark: PlacedMark, toBox: (point: Point) => Point): Point[] {
  const points = mark.points.map(toBox);
  if (mark.shape !== "ring" && mark.shape !== "port") return points;
  const [centre, rim = centre] = points as [Point, Point?];
  const r = Math.max(MIN_RING_PX, Math.hypot(rim[0] - centre[0], rim[1] - centre[1]));
  return [centre, [centre[0] + r, centre[1]]];
}

function Unsure({ x, y, r, text }: { x: number; y: number; r: number; text: string }) {
  return (
    <g class="unsure">
      <circle cx={x} cy={y} r={r} />
      <text x={x} y={y + r + 20}>
        {text}
      </text>
    </g>
  );
}
