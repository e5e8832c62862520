/** The words of all that is named on the picture: beside what they name, or at the screen's edge with an arrow. */
import { type Ink, MarkPlate, type Plate, plateAtEdge, plateOf } from "@nearhand/ui";
import {
  type Leader,
  type LeaderTarget,
  placeLeaders,
  type Point,
  type Rect,
  type Size,
} from "@nearhand/spatial";
import { useRef } from "preact/hooks";

/** Something on the picture with words of its own. */
export interface Named extends LeaderTarget {
  readonly text: string;
  /** What the plate at the screen's edge says. */
  readonly textOutside: string;
  readonly ink: Ink;
  /** Told only while it is off the screen: on it, its shape says enough. */
  readonly onlyOutside: boolean;
}

interface WordsProps {
  named: readonly Named[];
  box: Size;
  keepOut: readonly Rect[];
}

const WIDEST_PX = 260;
const NEAR_PX = 12;

export function Words({ named: all, box, keepOut }: WordsProps) {
  const before = useRef<readonly Leader[]>([]);
  const named = all.filter(({ at, onlyOutside }) => !onlyOutside || isNearEdge(at, box, 0));
  const most = Math.min(WIDEST_PX, box.width - 60);
  const shown = named.map((one) => ({ ...one, plate: plateFor(one, box, most) }));
  const sizes = new Map(shown.map(({ id, plate }) => [id, plate]));
  const leaders = placeLeaders(named, { ...box, keepOut }, sizes, before.current);
  before.current = leaders;
  return (
    <g data-testid="words">
      {leaders.map((leader) => {
        const one = shown.find(({ id }) => id === leader.id)!;
        return (
          <g
            key={leader.id}
            data-words-of={leader.id}
            data-outside={leader.isOutside}
            data-x={leader.plate.x.toFixed(1)}
            data-y={leader.plate.y.toFixed(1)}
          >
            <MarkPlate leader={leader} plate={one.plate} ink={one.ink} />
          </g>
        );
      })}
    </g>
  );
}

/** Near the edge the arrow's room is kept already, so that a plate does not change its size as it gets there. */
function plateFor({ at, text, textOutside }: Named, box: Size, most: number): Plate {
  return isNearEdge(at, box, NEAR_PX) ? plateAtEdge(plateOf(textOutside, most)) : plateOf(text, most);
}

function isNearEdge([x, y]: Point, { width, height }: Size, near: number): boolean {
  return x < near || y < near || x > width - near || y > height - near;
}
