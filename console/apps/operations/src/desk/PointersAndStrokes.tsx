/** What others do just now, before anything is stored: pointers with their trails, and strokes in progress. */
import { MarkInk, type Point } from "@nearhand/ui";
import type { Desk } from "./desk";
import { carried, inkOf, type Canvas } from "./drawn";
import { sees, toPicture } from "./sight";
import { TRAIL_MS, type Spot } from "./trails";

interface Props {
  desk: Desk;
  canvas: Canvas;
  scale: (point: Point) => Point;
  unit: number;
}

export function PointersAndStrokes({ desk, canvas, scale, unit }: Props) {
  const { strokes, you, participants } = desk.view.value;
  const nameOf = (id: string) => participants.find((each) => each.id === id)?.display_name ?? "";
  return (
    <g class="passing">
      {Object.values(strokes).map((stroke) => {
        if (stroke.by === you?.id) return null;
        const points = stroke.frame && carried(stroke.frame, stroke.points, canvas);
        return (
          points && (
            <MarkInk
              key={stroke.id}
              shape={stroke.shape}
              points={points.map(scale)}
              ink={inkOf(desk.view.value, stroke.by)}
              unit={unit}
            />
          )
        );
      })}
      {Object.entries(desk.trails.spots.value).map(([by, trail]) => {
        if (by === you?.id) return null;
        const now = performance.now();
        const seen = trail.flatMap((spot) => {
          const at = spotOn(spot, canvas);
          return at ? [{ at: scale(at), old: Math.min(1, (now - spot.at) / TRAIL_MS) }] : [];
        });
        const newest = seen.at(-1);
        return (
          newest && (
            <g key={by} class={`pointer-${inkOf(desk.view.value, by)}`}>
              {seen.slice(0, -1).map(({ at, old }, n) => (
                <circle
                  key={n}
                  class="pointer"
                  cx={at[0]}
                  cy={at[1]}
                  r={(7 - 4 * old) * unit}
                  opacity={0.7 * (1 - old)}
                />
              ))}
              <circle class="pointer pointer-tip" cx={newest.at[0]} cy={newest.at[1]} r={8 * unit} />
              <MarkInk
                shape="text"
                points={[[newest.at[0], newest.at[1] + 26 * unit]]}
                text={nameOf(by)}
                ink={inkOf(desk.view.value, by)}
                unit={unit}
              />
            </g>
          )
        );
      })}
    </g>
  );
}

function spotOn(spot: Spot, canvas: Canvas): Point | null {
  const { sighting } = canvas;
  if (spot.on && spot.point_mm && sees(sighting, spot.on)) return toPicture(sighting, spot.point_mm);
  if (spot.frame && spot.point) return carried(spot.frame, [spot.point], canvas)?.[0] ?? null;
  return null;
}
