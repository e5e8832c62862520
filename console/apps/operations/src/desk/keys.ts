/** The desk by keyboard: tools, undo, and what is done to the chosen mark. Typing in a field is left alone. */
import { type Annotation, isOnFace } from "@nearhand/contract";
import { notify } from "@nearhand/ui";
import { useEffect } from "preact/hooks";
import { CAMERA_KEY } from "./CameraControls";
import type { Desk } from "./desk";
import type { DeskHall } from "./hall";
import { TOOL_KEYS, TOOLS, type Tool } from "./pen";
import { SIGNALS } from "./Signals";
import { t } from "./words";

/** Held at least this long, a tool's key gives the tool back when it is let go. */
const HELD_MS = 350;

export function useDeskKeys(desk: Desk, hall: DeskHall | null): void {
  useEffect(() => {
    let before: { tool: Tool; key: string; at: number } | null = null;
    const down = (event: KeyboardEvent) => {
      if (
        isTyping(event.target) ||
        desk.words.value ||
        !desk.mayDraw.value ||
        document.querySelector("dialog[open]")
      )
        return;
      const key = event.key.toLowerCase();
      if ((event.ctrlKey || event.metaKey) && key === "z") {
        event.preventDefault();
        if (event.shiftKey) desk.session.commands.redo();
        else desk.session.commands.undo();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const tool = TOOLS.find((each) => TOOL_KEYS[each] === key);
      if (tool) {
        before = { tool: desk.tool.peek(), key, at: performance.now() };
        desk.take(tool);
      } else if (key === CAMERA_KEY) hall?.followNext();
      else act(desk, event.key);
    };
    const up = (event: KeyboardEvent) => {
      if (before?.key !== event.key.toLowerCase()) return;
      if (performance.now() - before.at > HELD_MS) desk.take(before.tool);
      before = null;
    };
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    return () => {
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
    };
  }, [desk, hall]);
}

function act(desk: Desk, key: string): void {
  const { commands } = desk.session;
  const mark = desk.view.value.annotations.find((each) => each.id === desk.chosen.value);
  if (key === "f" || key === "F") desk.toggleHold();
  const signal = SIGNALS[Number(key) - 1];
  if (signal) commands.signal(signal);
  if (key === "c" || key === "C") desk.pictures.toggle();
  if (key === "Escape") {
    desk.chosen.value = null;
    desk.take("select");
  }
  if (!mark) return;
  if (key === "Delete" || key === "Backspace") removeMark(desk, mark.id);
  if (key === "h" || key === "H") commands.editAnnotation(mark.id, { isHidden: !mark.is_hidden });
  if (key === "k" || key === "K") keepMark(desk, mark);
}

export function keepMark(desk: Desk, mark: Annotation): void {
  if (!isOnFace(mark)) return notify(t("on_still_only"), "caution");
  desk.session.commands.editAnnotation(mark.id, { isKept: !mark.is_kept });
}

export function removeMark(desk: Desk, id: string): void {
  const { commands } = desk.session;
  commands.remove(id);
  desk.chosen.value = null;
  notify(t("removed"), "calm", { label: t("undo"), run: () => commands.restore(id) });
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
