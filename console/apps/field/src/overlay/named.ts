/** Which words belong on the picture: of marks, with what would help where they are not sure, and of the step's ports. */
import type { Face, FaceMark } from "@nearhand/contract";
import type { FaceLayout, Point } from "@nearhand/spatial";
import { t } from "../words/hud";
import { t as tn } from "../words/names";
import { type Advice, adviceFor, type Steady, steady, type Sureness, surenessOf } from "./honesty";
import { reachOf } from "./Mark";
import { type PlacedMark, placeMark, placeRect, type Sight } from "./place";
import type { Named } from "./Words";

/** What is remembered from frame to frame, so that nothing flickers. */
export interface Memory {
  sureness: Map<string, Sureness>;
  advice: Steady<Advice> | undefined;
}

export function sureMarks(
  memory: Memory,
  sight: Sight,
  face: Face,
  marks: readonly FaceMark[],
  now_ms = performance.now(),
): PlacedMark[] {
  const placed = marks.map((mark) => placeMark(sight, face, mark)).filter((mark) => mark !== null);
  const before = memory.sureness;
  memory.sureness = new Map(
    placed.map(({ id, ring_mm, pitch_mm }) => [id, surenessOf(before.get(id), ring_mm, pitch_mm, now_ms)]),
  );
  return placed.map((mark) => ({ ...mark, isUnsure: !memory.sureness.get(mark.id)!.isSure }));
}

interface Screen {
  toBox: (point: Point) => Point;
  scale: number;
}

export function namedMarks(
  memory: Memory,
  marks: readonly PlacedMark[],
  sight: Sight,
  layout: FaceLayout | null,
  { toBox, scale }: Screen,
  now_ms = performance.now(),
): Named[] {
  const isAny = marks.some(({ isUnsure }) => isUnsure);
  const advice = adviceFor(sight, layout ?? { label: null, tags: [] });
  memory.advice = isAny ? steady(memory.advice, advice, now_ms) : undefined;
  return marks.flatMap((mark): Named[] => {
    const { id, isUnsure, foot, rise } = mark;
    const text = isUnsure ? [adviceText(memory.advice!.shown), mark.text].filter(Boolean).join(" · ") : mark.text; // prettier-ignore
    // A label in space rises from the face; whatever else stands off it has its own foot.
    const at = toBox(rise && foot ? foot : mark.target);
    const isOff = !text; // without words it is named only when it is off the screen
    const clear = mark.shape === "text" && !isUnsure ? ON_ITSELF : reachOf(mark, toBox, scale);
    return [
      {
        id,
        at,
        rise: rise && !isUnsure ? toBox(rise) : null,
        clear,
        text: text || tn(mark.shape),
        textOutside: mark.text || tn(mark.shape),
        ink: isUnsure ? "pending" : "mark",
        onlyOutside: isOff,
      },
    ];
  });
}

const ON_ITSELF = -100; // a text covers its own place

export function adviceText(advice: Advice): string {
  if (advice.kind === "closer") return t("come_closer");
  return t(advice.what === "tag" ? "show_tag" : "show_label", { side: t(`side_${advice.side}`) });
}

export function namedPorts(
  sight: Sight,
  face: Face,
  ports: ReadonlySet<string>,
  marks: readonly PlacedMark[],
  toBox: (point: Point) => Point,
): Named[] {
  const isTold = (name: string) => marks.some(({ text }) => text === name);
  return [...face.ports, ...face.components]
    .filter(({ name }) => ports.has(name) && !isTold(name))
    .flatMap((port): Named[] => {
      const corners = placeRect(sight, port)?.map(toBox);
      if (!corners) return [];
      const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
      const at: Point = [xs.reduce((a, b) => a + b) / 4, ys.reduce((a, b) => a + b) / 4];
      const clear = (Math.max(...ys) - Math.min(...ys)) / 2 + 4;
      return [
        {
          id: `port ${port.name}`,
          at,
          clear,
          text: port.name,
          textOutside: port.name,
          ink: "plain",
          onlyOutside: false,
        },
      ];
    });
}
