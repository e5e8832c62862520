/** The picture with everything on it: marks at their places, pointers, strokes, and the pen. */
import { age, EmptyState, MarkInk, outline, portOutline, type Point } from "@nearhand/ui";
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import camera from "lucide-static/icons/camera.svg?raw";
import { useEffect, useRef } from "preact/hooks";
import { useNow } from "../shell/now";
import type { Desk } from "./desk";
import { drawnMarks, type Canvas } from "./drawn";
import { MaskWord, WouldBeKept } from "./MaskSigns";
import { MarkOnPicture } from "./MarkOnPicture";
import { MarkWords } from "./MarkWords";
import { usePicturePen } from "./picturePen";
import { PointersAndStrokes } from "./PointersAndStrokes";
import { allToPicture, portNear, sees, toFace, toPicture } from "./sight";
import { isLiveShown } from "./livePictures";
import { LiveCanvas, LiveFlow } from "./LiveCanvas";
import { frameOf, placeOf, stillUrl } from "./stills";
import { t } from "./words";

export function Picture({ desk }: { desk: Desk }) {
  const still = desk.shown.value;
  if (still) return <OnStill desk={desk} />;
  return (
    <div class="picture picture-empty">
      <EmptyState icon={camera} title={t("noPicture")}>
        <p>{t("noPictureHint")}</p>
      </EmptyState>
    </div>
  );
}

function OnStill({ desk }: { desk: Desk }) {
  const svg = useRef<SVGSVGElement>(null);
  const unit = useSignal(1);
  const still = desk.shown.value!;
  const { width, height } = frameOf(still);
  // A part fills the screen; the one of a frame that is held stays where it was, over what was shown of the rest.
  const behind = still.part ? desk.behind.value : null;
  const view = behind ? { x: 0, y: 0, width, height } : placeOf(still);
  const canvas = useComputed((): Canvas | null => {
    const shown = desk.shown.value;
    return (
      shown && {
        frame: shown.frame,
        sha256: shown.sha256,
        sighting: desk.sighting.value,
        sightingOf: (frame) => desk.sightOf(frame),
        portOf: (name, face) =>
          desk.device.value?.view.device_type[face]?.ports.find((port) => port.name === name) ?? null,
      }
    );
  });
  const drawn = useComputed(() =>
    canvas.value ? drawnMarks(desk.view.value, canvas.value, desk.chosen.value) : [],
  );
  const pen = usePicturePen(desk, svg, drawn, unit);
  useEffect(() => {
    const measure = () => (unit.value = 1 / (svg.current?.getScreenCTM()?.a || 1));
    const observer = new ResizeObserver(measure);
    observer.observe(svg.current!);
    measure();
    return () => observer.disconnect();
  }, [view.x, view.y, view.width, view.height]);
  useHoveredPort(desk, pen.hover);
  const scale = ([u, v]: Point): Point => [u * width, v * height];
  const moved = pen.move.value;
  return (
    <div class="picture">
      {isLiveShown(still) && <LiveCanvas picture={still} />}
      {behind && <LiveCanvas picture={behind} />}
      <svg
        ref={svg}
        viewBox={`${view.x} ${view.y} ${view.width} ${view.height}`}
        role="img"
        aria-label={t("picture")}
        data-testid="desk-picture"
        data-frame-id={still.frame.frame_id}
        data-stream={still.frame.stream}
        data-is-live={isLiveShown(still)}
        data-way={isLiveShown(still) ? still.way : "still"}
        data-how={still.frame.how}
        data-frame-size={`${width}x${height}`}
        data-is-part={Boolean(still.part)}
        data-has-sighting={desk.sighting.value !== null}
        data-tool={desk.mayDraw.value ? desk.tool.value : "none"}
        {...pen.handlers}
      >
        {!isLiveShown(still) && (
          <image href={stillUrl(desk.id, still)} {...placeOf(still)} preserveAspectRatio="none" />
        )}
        <WouldBeKept desk={desk} scale={scale} />
        {drawn.value.map((mark) => (
          <MarkOnPicture
            key={mark.id}
            mark={mark}
            scale={scale}
            unit={unit.value}
            shift={moved?.id === mark.id ? moved.by : null}
          />
        ))}
        <MarkWords {...{ width, height, view, moved }} marks={drawn.value} unit={unit.value} />
        <PointersAndStrokes desk={desk} canvas={canvas.value!} scale={scale} unit={unit.value} />
        {pen.draft.value && (
          <MarkInk
            shape={pen.draft.value.shape}
            points={pen.draft.value.points.map(scale)}
            ink="pending"
            unit={unit.value}
          />
        )}
        <PortCallout desk={desk} scale={scale} unit={unit.value} />
      </svg>
      <PictureStatus desk={desk} />
      <LiveCorner desk={desk} />
    </div>
  );
}

/** The port under the pointer is lifted out on the face drawing too. */
function useHoveredPort(desk: Desk, hover: { value: Point | null }): void {
  useSignalEffect(() => {
    const at = hover.value;
    const sighting = desk.sighting.value;
    const type = desk.device.value?.view.device_type;
    if (
      !at ||
      !sighting ||
      !type ||
      !sees(sighting, { device_id: desk.device.value!.view.device.id, face: sighting.face })
    )
      return;
    const face = type[sighting.face];
    const onFace = toFace(sighting, at);
    desk.hoveredPort.value = face && onFace ? (portNear(face, onFace)?.name ?? null) : null;
  });
}

/** The name of the port that is pointed at, here or on the face drawing. */
function PortCallout({ desk, scale, unit }: { desk: Desk; scale: (p: Point) => Point; unit: number }) {
  const name = desk.hoveredPort.value;
  const sighting = desk.sighting.value;
  const device = desk.device.value?.view;
  if (!name || !device || !sees(sighting, { device_id: device.device.id, face: sighting?.face ?? "" }))
    return null;
  const port = device.device_type[sighting.face]?.ports.find((each) => each.name === name);
  const at = port && toPicture(sighting, [port.x_mm, port.y_mm, 0]);
  if (!at) return null;
  const edge = allToPicture(
    sighting,
    portOutline(port).map(([x, y]) => [x, y, 0] as const),
  );
  const top = Math.min(...[at, ...(edge ?? [])].map(([, v]) => v));
  return (
    <g data-testid="port-callout" data-port={name}>
      {edge && <path class="port-lit" d={outline("freehand", edge.map(scale))} />}
      <MarkInk
        shape="text"
        points={[[scale(at)[0], scale([0, top])[1] - 18 * unit]]}
        text={name}
        ink="plain"
        unit={unit}
      />
    </g>
  );
}

const STALE_MS = 10_000;

function PictureStatus({ desk }: { desk: Desk }) {
  const now = useNow();
  const still = desk.shown.value!;
  const old_ms = desk.ageOf(still, now);
  const [word, tone] = desk.isHeld
    ? (["held", "flag-cyan"] as const)
    : desk.view.value.isEnded
      ? (["last", ""] as const)
      : old_ms > STALE_MS
        ? (["old", "flag-amber"] as const)
        : (["live", "flag-green"] as const);
  return (
    <p class="picture-status">
      <span class={`flag ${tone}`}>{t(word)}</span>
      {!isLiveShown(still) && <time>{t("ago", { age: age(old_ms) })}</time>}
      <LiveFlow desk={desk} />
      <MaskWord desk={desk} />
      {still.part && <PartWord desk={desk} />}
      {!desk.sighting.value && <span class="picture-warning">{t("noSighting")}</span>}
    </p>
  );
}

/** The phone has sent the device alone; the rest is one click away. */
function PartWord({ desk }: { desk: Desk }) {
  return (
    <span class="picture-part" data-testid="part">
      {t("part")}
      {desk.mayDraw.value && (
        <button type="button" title={t("wholeHint")} data-testid="ask-whole" onClick={() => desk.askWhole()}>
          {t("whole")}
        </button>
      )}
    </span>
  );
}

/** While the picture is held, what is live goes on in the corner. */
function LiveCorner({ desk }: { desk: Desk }) {
  const live = desk.live.value;
  const newest = desk.newest.value;
  if (!desk.isHeld || (!live && (!newest || newest.seq === desk.shown.value?.seq))) return null;
  return (
    <button type="button" class="picture-corner" onClick={() => desk.letGo()}>
      {live ? <LiveCanvas picture={live} /> : <img src={stillUrl(desk.id, newest!)} alt="" />}
      <span>{t("letGo")}</span>
    </button>
  );
}
