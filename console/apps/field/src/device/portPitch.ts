/** How far apart ports lie: an arrow must be surer than half of that, or it may name the neighbour. */
import type { Face } from "@nearhand/contract";

const WITHOUT_NEIGHBOUR_MM = 20;

/** From the port (or part) nearest to the point to its own nearest neighbour. */
export function portPitch(face: Face, [x, y]: readonly [number, number, ...number[]]): number {
  const parts = face.ports.length > 1 ? face.ports : [...face.ports, ...face.components];
  const nearest = closest(parts, x, y);
  if (!nearest) return WITHOUT_NEIGHBOUR_MM;
  const others = parts.filter((part) => part !== nearest);
  const next = closest(others, nearest.x_mm, nearest.y_mm);
  return next ? Math.hypot(next.x_mm - nearest.x_mm, next.y_mm - nearest.y_mm) : WITHOUT_NEIGHBOUR_MM;
}

interface Placed {
  x_mm: number;
  y_mm: number;
}

function closest<T extends Placed>(parts: readonly T[], x: number, y: number): T | undefined {
  let best: T | undefined;
  for (const part of parts)
    if (!best || Math.hypot(part.x_mm - x, part.y_mm - y) < Math.hypot(best.x_mm - x, best.y_mm - y))
      best = part;
  return best;
}
