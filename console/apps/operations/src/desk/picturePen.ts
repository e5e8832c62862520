/** The hand on the picture: draws with the tool in it, points, names ports, and moves marks. */
import { notify, type Point } from "@nearhand/ui";
import { useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import { randomId } from "@nearhand/live";
import { useRef } from "preact/hooks";
import type { Desk } from "./desk";
import { markAt, type Drawn } from "./drawn";
import { canBeFixed, giveUp } from "./fixing";
import { isLiveShown } from "./livePictures";
import { needsWords, penDown, penMove, penUp, type Draft, type Scale } from "./pen";
import { portNear, reachAt, toFace } from "./sight";
import { frameOf } from "./stills";
import { t } from "./words";

const TAP_PX = 6;
const REACH_PX = 28;
const LEAST_REACH_PX = 12;

/** A mark being dragged, by how much. */
export interface Move {
  readonly id: string;
  readonly by: Point;
}

export function usePicturePen(
  desk: Desk,
  svg: { current: SVGSVGElement | null },
  drawn: ReadonlySignal<readonly Drawn[]>,
  unit: Signal<number>,
) {
  const draft = useSignal<Draft | null>(null);
  const move = useSignal<Move | null>(null);
  const hover = useSignal<Point | null>(null);
  const held = useRef<{ id: string; from: Point } | null>(null);

  const still = () => desk.shown.value!;
  const place = (event: PointerEvent): Point => {
    const matrix = svg.current!.getScreenCTM()!.inverse();
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    const { width, height } = frameOf(still());
    return [at.x / width, at.y / height];
  };
  const scale = (at?: Point): Scale => {
    const { width, height } = frameOf(still());
    const px = unit.value / width;
    const sighting = desk.sighting.value;
    const onFace = at && sighting ? reachAt(sighting, at) : null;
    return {
      tap: TAP_PX * px,
      reach: Math.max(onFace ?? REACH_PX * px, LEAST_REACH_PX * px),
      aspect: width / height,
    };
  };
  const onFrame = (points: readonly Point[]) => ({
    kind: "frame" as const,
    frame: still().frame,
    points: points.map(inside),
  });

  const choose = (event: PointerEvent, at: Point) => {
    const { width, height } = frameOf(still());
    const toScreen = ([u, v]: Point): Point => [(u * width) / unit.value, (v * height) / unit.value];
    const hit = markAt(drawn.value, toScreen(at), toScreen);
    desk.chosen.value = hit?.id ?? null;
    const mark = desk.view.value.annotations.find((each) => each.id === hit?.id);
    if (!mark || mark.shape === "port" || !desk.mayDraw.value) return;
    svg.current!.setPointerCapture(event.pointerId);
    held.current = { id: mark.id, from: at };
    desk.freeze();
  };

  const namePort = (at: Point) => {
    const sighting = desk.sighting.value;
    const device = desk.device.value?.view;
    if (!sighting || sighting.device_id !== device?.device.id) return notify(t("no_pose"), "caution");
    const face = device.device_type[sighting.face];
    const onFace = toFace(sighting, at);
    const port = face && onFace && portNear(face, onFace);
    if (!port) return notify(t("noPortThere"), "caution");
    const { device_id, face: side } = sighting;
    desk.session.commands.addAnnotation({
      shape: "port",
      place: { kind: "port", device_id, face: side, port: port.name },
    });
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0 || desk.words.value) return;
    const at = place(event);
    const tool = desk.tool.value;
    if (tool === "select" || !desk.mayDraw.value) return choose(event, at);
    if (tool === "port") return namePort(at);
    draft.value = penDown(tool, at);
    if (!draft.value) return;
    svg.current!.setPointerCapture(event.pointerId);
    strokeId.current = randomId();
    desk.freeze();
  };
  const strokeId = useRef("");

  const go = (event: PointerEvent) => {
    const at = place(event);
    hover.value = at;
    if (held.current) {
      move.value = { id: held.current.id, by: [at[0] - held.current.from[0], at[1] - held.current.from[1]] };
    } else if (draft.value) {
      draft.value = penMove(draft.value, at, scale());
      desk.session.commands.drawStroke(
        strokeId.current,
        draft.value.shape,
        still().frame,
        onFrame(draft.value.points).points,
      );
    } else if (desk.tool.value === "point" && desk.mayDraw.value) {
      desk.session.commands.movePointer(onFrame([at]));
    }
  };

  const up = (event: PointerEvent) => {
    if (held.current) return drop();
    if (!draft.value) return;
    const { shape, points } = penUp(draft.value, scale(draft.value.points[0]));
    const where = onFrame(points);
    const id = strokeId.current;
    const finish = (text: string) => {
      const add = () =>
        desk.session.commands.addAnnotation({ id, shape, place: where, ...(text && { text }) });
      if (isLiveShown(still()) && !desk.sighting.value)
        void canBeFixed(desk, where.frame).then((can) =>
          can ? add() : giveUp(desk, id, shape, where.frame),
        );
      else add();
      desk.chosen.value = null;
      desk.stay();
    };
    if (needsWords(shape)) {
      desk.words.value = {
        at: { left: event.clientX, top: event.clientY },
        onDone: (text) => {
          if (text) finish(text);
          else desk.session.commands.drawStroke(id, shape, where.frame, []);
          draft.value = null;
          desk.thaw();
        },
      };
      return;
    }
    finish("");
    draft.value = null;
    desk.thaw();
  };

  const drop = () => {
    const mark = drawn.value.find((each) => each.id === held.current?.id);
    const by = move.value?.by;
    if (mark && by && Math.hypot(...by) > scale().tap / 2) {
      const points = mark.points.map(([u, v]): Point => [u + by[0], v + by[1]]);
      desk.session.commands.editAnnotation(mark.id, { place: onFrame(points) });
      desk.stay();
    }
    held.current = null;
    move.value = null;
    desk.thaw();
  };

  const cancel = () => {
    if (draft.value) desk.session.commands.drawStroke(strokeId.current, draft.value.shape, still().frame, []);
    held.current = move.value = draft.value = null;
    desk.thaw();
  };

  const leave = () => {
    hover.value = null;
    desk.hoveredPort.value = null;
    if (desk.tool.value === "point") desk.session.commands.movePointer(null);
  };

  return {
    draft,
    move,
    hover,
    handlers: {
      onPointerDown: down,
      onPointerMove: go,
      onPointerUp: up,
      onPointerCancel: cancel,
      onPointerLeave: leave,
    },
  };
}

/** Image points may lie a little beyond the picture, no more. */
function inside([u, v]: Point): [number, number] {
  return [Math.min(2, Math.max(-1, u)), Math.min(2, Math.max(-1, v))];
}
