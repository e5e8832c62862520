/** The device's outline, locked to it, and the ports of the current step framed. */
import type { Face } from "@nearhand/contract";
import type { Point } from "@nearhand/spatial";
import { placeRect, type Sight } from "./place";

interface OutlineProps {
  sight: Sight;
  face: Face;
  ports: ReadonlySet<string>;
  toBox: (point: Point) => Point;
}

const CORNER = 0.18; // of each edge of the outline's shorter side

export function Outline({ sight, face, ports, toBox }: OutlineProps) {
  const { width_mm, height_mm } = face;
  const corners = placeRect(sight, { x_mm: width_mm / 2, y_mm: height_mm / 2, width_mm, height_mm });
  return (
    <>
      {corners && <path class="outline" d={brackets(corners.map(toBox))} />}
      {[...face.ports, ...face.components]
        .filter(({ name }) => ports.has(name))
        .map((port) => {
          const place = placeRect(sight, port)?.map(toBox);
          return place && <Callout key={port.name} name={port.name} corners={place} />;
        })}
    </>
  );
}

/** Corner brackets and thin edges: the device is framed, nothing on it is covered. */
function brackets(corners: readonly Point[]): string {
  const parts = [`M${corners.map((c) => c.join(",")).join(" L")} Z`];
  const short = Math.min(
    ...corners.map((c, i) => Math.hypot(c[0] - corners[(i + 1) % 4]![0], c[1] - corners[(i + 1) % 4]![1])),
  );
  const arm = Math.max(10, short * CORNER);
  corners.forEach((corner, i) => {
    const before = toward(corner, corners[(i + 3) % 4]!, arm);
    const after = toward(corner, corners[(i + 1) % 4]!, arm);
    parts.push(`M${before.join(",")} L${corner.join(",")} L${after.join(",")}`);
  });
  return parts.join(" ");
}

function toward(from: Point, to: Point, by: number): Point {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
  return [from[0] + ((to[0] - from[0]) / length) * by, from[1] + ((to[1] - from[1]) / length) * by];
}

/** The name stands beside it, with the words of the marks. */
function Callout({ name, corners }: { name: string; corners: readonly Point[] }) {
  return (
    <g class="callout" data-port={name}>
      <polygon points={corners.map((c) => c.join(",")).join(" ")} />
    </g>
  );
}
