/** The hand on the face drawing: the same tools as on the picture, in millimetres, so that no picture is needed. */
import type { FaceSide } from "@nearhand/contract";
import type { Point } from "@nearhand/ui";
import { useSignal } from "@preact/signals";
import type { Desk } from "./desk";
import { needsWords, penDown, penMove, penUp, type Draft, type Scale } from "./pen";

const SCALE: Scale = { tap: 2.5, reach: 9, aspect: 1 };

export function useFacePen(desk: Desk, side: FaceSide) {
  const draft = useSignal<Draft | null>(null);
  const { commands } = desk.session;
  const on = () => ({ device_id: desk.device.value!.view.device.id, face: side });

  const point = (at: Point, event: PointerEvent, kind: "down" | "move" | "up") => {
    const tool = desk.tool.value;
    if (!desk.mayDraw.value || desk.words.value) return;
    if (kind === "down" && event.button === 0) draft.value = penDown(tool, at);
    if (kind === "move" && draft.value) draft.value = penMove(draft.value, at, SCALE);
    if (kind === "move" && tool === "point")
      commands.movePointer({ kind: "face", ...on(), points_mm: [onFace(at)] });
    if (kind === "up" && draft.value) finish(penUp(draft.value, SCALE), event);
  };

  const finish = ({ shape, points }: Draft, event: PointerEvent) => {
    const place = { kind: "face" as const, ...on(), points_mm: points.map(onFace) };
    if (!needsWords(shape)) {
      commands.addAnnotation({ shape, place });
      draft.value = null;
      return;
    }
    desk.words.value = {
      at: { left: event.clientX, top: event.clientY },
      onDone: (text) => {
        if (text) commands.addAnnotation({ shape, place, text });
        draft.value = null;
      },
    };
  };

  const port = (name: string, kind: "hover" | "click") => {
    desk.hoveredPort.value = name || null;
    const isNaming = desk.tool.value === "port" && desk.mayDraw.value;
    if (kind === "click" && isNaming)
      commands.addAnnotation({ shape: "port", place: { kind: "port", ...on(), port: name } });
  };

  return { draft, point, port };
}

function onFace([x, y]: Point): [number, number, number] {
  return [x, y, 0];
}
