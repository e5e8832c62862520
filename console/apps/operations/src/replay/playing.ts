/** What drives a player: the screen's own beat, and the keyboard. */
import { useEffect } from "preact/hooks";
import { SPEEDS, type Player } from "./player";

const STEP_MS = 5000;
/** A page that was in the background does not jump when it comes back. */
const LONGEST_BEAT_MS = 250;

export function usePlaying(player: Player): void {
  useEffect(() => {
    let beat = 0;
    let before = performance.now();
    const tick = (now: number) => {
      player.tick(Math.min(now - before, LONGEST_BEAT_MS));
      before = now;
      beat = requestAnimationFrame(tick);
    };
    const leave = player.isPlaying.subscribe((isPlaying) => {
      cancelAnimationFrame(beat);
      before = performance.now();
      if (isPlaying) beat = requestAnimationFrame(tick);
    });
    return () => {
      leave();
      cancelAnimationFrame(beat);
    };
  }, [player]);
}

export function useReplayKeys(player: Player): void {
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere(event)) return;
      if (act(player, event.key)) event.preventDefault();
    };
    addEventListener("keydown", down);
    return () => removeEventListener("keydown", down);
  }, [player]);
}

/** Whether that key was meant for the player. */
function act(player: Player, key: string): boolean {
  const speed = SPEEDS.find((each) => String(each) === key);
  if (speed) player.speed.value = speed;
  else if (key === " ") player.toggle();
  else if (key === "ArrowLeft") player.by(-STEP_MS);
  else if (key === "ArrowRight") player.by(STEP_MS);
  else if (key === "Home") player.seek(0);
  else if (key === "End") player.seek(player.tale.length_ms);
  else if (key === "[") player.previousMark();
  else if (key === "]") player.nextMark();
  else return false;
  return true;
}

/** The keys belong to what is typed into or pressed; the slider's own arrows move it by the same step. */
function isElsewhere({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && target.type === "range") return false;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest("dialog[open], [role=tablist]"))
    return true;
  return (
    (key === " " || key === "Home" || key === "End") && target.closest("button, a, [data-scrolls]") !== null
  );
}
