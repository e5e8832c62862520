/** The newest words of the others, as captions on the picture. */
import { nowMs } from "../hud/clock";
import { nameOf, room } from "./room";

const SHOWN_MS = 15_000;
const LINES = 2;

export function Captions() {
  const view = room.value;
  const lines = (view?.chat ?? [])
    .filter(({ by, at }) => by !== view?.you?.id && nowMs.value - Date.parse(at) < SHOWN_MS)
    .slice(-LINES);
  return (
    <div class="captions" aria-live="polite">
      {lines.map(({ seq, by, text }) => (
        <p key={seq}>
          <span>
            <b>{nameOf(by)}</b> {text}
          </span>
        </p>
      ))}
    </div>
  );
}
