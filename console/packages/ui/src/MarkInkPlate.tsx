/** Words on a plate, with the line to what they name or, at the screen's edge, an arrow towards it. */
import type { Ink, Point } from "./MarkInk";

interface PlateSize {
  readonly width: number;
  readonly height: number;
}

/** The words cut into lines, and the plate that holds them, in CSS pixels. */
export interface Plate extends PlateSize {
  readonly lines: readonly string[];
}

/** A plate's place, as `placeLeaders` gives it. */
interface Placed {
  readonly at: Point;
  readonly clear: number;
  readonly from: Point;
  readonly plate: PlateSize & { readonly x: number; readonly y: number };
  readonly isOutside: boolean;
  readonly angle_deg: number;
}

interface MarkPlateProps {
  leader: Placed;
  plate: Plate;
  ink?: Ink;
}

const CHAR_PX = 7.6;
const PADDING_PX = 7;
const LINE_PX = 18;
const ARROW_PX = 26; // for the arrow before the words
const MOST_LINES = 3;

/** At most three lines, no wider than `most_px`. */
export function plateOf(text: string, most_px = 240): Plate {
  const lines = linesOf(text, Math.max(4, Math.floor((most_px - 2 * PADDING_PX) / CHAR_PX)));
  const width = Math.max(...lines.map(wide)) * CHAR_PX + 2 * PADDING_PX;
  return { lines, width, height: lines.length * LINE_PX + 6 };
}

/** The same plate with room for the arrow at the screen's edge. */
export function plateAtEdge(plate: Plate): Plate {
  return { ...plate, width: plate.width + ARROW_PX, height: Math.max(plate.height, 28) };
}

export function MarkPlate({ leader, plate: { lines }, ink = "mark" }: MarkPlateProps) {
  const { plate, isOutside } = leader;
  const pointsLeft = Math.abs(leader.angle_deg) > 90;
  const wordsAt = PADDING_PX + (isOutside && pointsLeft ? ARROW_PX : 0);
  const first = (plate.height - lines.length * LINE_PX) / 2 + 13;
  return (
    <g class={`ui-ink ui-ink-${ink}`}>
      {!isOutside && <LeaderLine {...leader} />}
      <g transform={`translate(${plate.x} ${plate.y})`}>
        <rect class="ui-ink-plate" width={plate.width} height={plate.height} rx={3} />
        {isOutside && (
          <path
            class="ui-ink-arrow"
            d="M-9,0 H7 M1,-6 L8,0 L1,6"
            transform={`translate(${pointsLeft ? 16 : plate.width - 16} ${plate.height / 2}) rotate(${leader.angle_deg})`}
          />
        )}
        {lines.map((line, i) => (
          <text key={i} class="ui-ink-words" x={wordsAt} y={first + i * LINE_PX}>
            {line}
          </text>
        ))}
      </g>
    </g>
  );
}

/** From the rim of what is drawn about the target; from the point itself, with a dot, where nothing is. */
function LeaderLine({ at, clear, from }: Pick<Placed, "at" | "clear" | "from">) {
  const way = Math.hypot(at[0] - from[0], at[1] - from[1]);
  const rim = Math.max(0, clear);
  if (way < rim + 4) return null;
  const share = rim / way;
  const start = [at[0] + share * (from[0] - at[0]), at[1] + share * (from[1] - at[1])];
  const path = `M${start.join(",")} L${from.join(",")}`;
  return (
    <>
      <path d={path} class="ui-ink-leader-edge" />
      <path d={path} class="ui-ink-leader" />
      {rim === 0 && <circle cx={at[0]} cy={at[1]} r={3} class="ui-ink-foot" />}
    </>
  );
}

/** Cut between words where there are any, else between characters; what is too long ends in an ellipsis. */
function linesOf(text: string, most: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of text.match(/\S+\s*|\s+/g) ?? [text])
    for (const part of wide(piece.trimEnd()) > most ? [...piece] : [piece]) {
      if (line && wide((line + part).trimEnd()) > most) {
        lines.push(line.trimEnd());
        line = "";
      }
      line += part;
    }
  lines.push(line.trimEnd());
  if (lines.length <= MOST_LINES) return lines;
  const [last = ""] = lines.slice(MOST_LINES - 1);
  const kept = wide(last) >= most ? [...last].slice(0, -1).join("") : last;
  return [...lines.slice(0, MOST_LINES - 1), `${kept}…`];
}

/** Width in Latin characters: an ideograph takes the room of nearly two. */
export function wide(text: string): number {
  return [...text].reduce((sum, char) => sum + (char.charCodeAt(0) > 0x2e80 ? 1.8 : 1), 0);
}
