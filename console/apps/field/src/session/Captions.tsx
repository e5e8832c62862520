/** The newest words of the others, as captions on the picture. */
import { nowMs } from "../hud/clock";
import { hall } from "./part";
import { nameOf, room } from "./room";

const SHOWN_MS = 15_000;
const LINES = 2;
const SPOKEN_MS = 6000;

export function Captions() {
  const view = room.value;
  const lines = (view?.chat ?? [])
    .filter(({ by, at }) => by !== view?.you?.id && nowMs.value - Date.parse(at) < SHOWN_MS)
    .slice(-LINES);
  const part = hall.here.value;
  const spoken = Object.entries(part?.heard.value ?? {}).filter(([, { at }]) => nowMs.value - at < SPOKEN_MS);
  return (
    <div class="captions" aria-live="polite">
      {spoken.map(([by, { text }]) => (
        <p key={by} data-testid="spoken">
          <span>
            <b>{nameOf(by)}</b> {text}
          </span>
        </p>
      ))}
      {lines.map((line) => (
        <p key={line.seq}>
          <span>
            <b>{nameOf(line.by)}</b> {part?.phraseText(line) ?? line.text}
          </span>
        </p>
      ))}
    </div>
  );
}
