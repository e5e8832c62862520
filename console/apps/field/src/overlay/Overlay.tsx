/** Ink on the live picture: the device's outline, the step's ports, and the expert's marks, at their place. */
import { type FaceMark, isOnFace } from "@nearhand/contract";
import { fit, type Fit, type Point, pictureToBox, type Size } from "@nearhand/spatial";
import { computed } from "@preact/signals";
import { useRef } from "preact/hooks";
import { newestFrame } from "../camera/frames";
import { cameraState, fitOf } from "../camera/source";
import { keepsake, lastSight } from "../camera/eye";
import { keptMarks, target, targetFace } from "../device/target";
import { nowMs } from "../hud/clock";
import { portsOfStep } from "../session/guide";
import { live } from "../session/part";
import { room } from "../session/room";
import { t as tn } from "../words/names";
import { Disagree, RackWay } from "./Findings";
import { Identity } from "./Identity";
import { Keepsake } from "./Keepsake";
import { keepOut } from "./keepOut";
import { isContradicted, lately } from "./known";
import { Mark } from "./Mark";
import { type Memory, namedMarks, namedPorts, sureMarks } from "./named";
import { Outline } from "./Outline";
import "./overlay.css";
import type { Sight } from "./place";
import { Pointers, Strokes } from "./Passing";
import { rackPart } from "./rack";
import { Words } from "./Words";

const FADE_AFTER_MS = 250;
const GONE_AFTER_MS = 700; // on a picture that moves on, a mark that stays behind would point at a neighbour

/** Marks of the session and those kept on the device, each once, on the face that is looked at. */
export const marksHere = computed<readonly FaceMark[]>(() => {
  const now = target.value;
  if (!now) return [];
  const shared = room.value?.annotations ?? [];
  const removing = new Set(room.value?.pending.removing ?? []);
  const ids = new Set(shared.map(({ id }) => id));
  return [...shared, ...keptMarks.value.filter(({ id }) => !ids.has(id))]
    .filter(isOnFace)
    .filter(
      ({ id, anchor, is_hidden }) =>
        !is_hidden &&
        !removing.has(id) &&
        anchor.device_id === now.view.device.id &&
        anchor.face === now.side,
    );
});

export function Overlay({ box }: { box: Size }) {
  const frame = newestFrame.value;
  const now = target.value;
  const sight = lastSight.value;
  if (!frame || box.width === 0) return null;
  const isOurs = now !== null && sight?.deviceId === now.view.device.id;
  const ageMs = isOurs ? Math.max(0, frame.captured_at - sight.at) : Infinity;
  const isStale = isOurs && nowMs.value - sight.at > 3 * GONE_AFTER_MS;
  const isLost = ageMs > GONE_AFTER_MS || isStale || isContradicted.value;
  const view = fit(frame, box, fitOf(cameraState.value, box));
  const toBox = (point: Point): Point => pictureToBox(view, point);
  const RackUnits = rackPart.value?.RackUnits;
  const masks = live.here.value;
  return (
    <>
      <svg
        class={`overlay ${isOurs && !isLost && ageMs > FADE_AFTER_MS ? "is-fading" : ""}`}
        data-testid="overlay"
        data-device={isOurs ? now.view.device.id : undefined}
        data-frame-id={isOurs ? sight.frame_id : undefined}
        data-pose={isOurs ? sight.located.pose.join(" ") : undefined}
        data-video-width={frame.width}
        data-video-height={frame.height}
        data-read-ms={Math.round(frame.ms)}
        viewBox={`0 0 ${box.width} ${box.height}`}
        aria-hidden="true"
      >
        {!now && <Reticle box={box} />}
        {now && RackUnits && !isContradicted.value && (
          <RackUnits box={box} toBox={toBox} keepOut={keepOut()} isSought={!isOurs || isLost} />
        )}
        {isOurs && !isLost && <OnDevice sight={sight} view={view} box={box} />}
        {isOurs && !isLost && masks && <masks.MaskLine sight={sight} toBox={toBox} />}
      </svg>
      <div class="overlay-chips">
        <Identity />
        {masks && <masks.MaskSign sight={isOurs && !isLost ? sight : null} />}
        {isContradicted.value && <Disagree />}
        <RackWay />
      </div>
      {now && isLost && !isContradicted.value && keepsake.value?.deviceId === now.view.device.id && (
        <Keepsake still={keepsake.value} />
      )}
      <MarkList />
    </>
  );
}

function OnDevice({ sight, view, box }: { sight: Sight; view: Fit; box: Size }) {
  const memory = useRef<Memory>({ sureness: new Map(), advice: undefined });
  const [face, layout] = [targetFace.value, target.value?.layout];
  if (!face) return null;
  const toBox = (point: Point): Point => pictureToBox(view, point);
  const marks = sureMarks(memory.current, sight, face, marksHere.value);
  const named = [
    ...namedMarks(
      memory.current,
      marks,
      { ...sight, located: { ...sight.located, ...lately() } },
      layout ?? null,
      { toBox, scale: view.scale },
    ),
    ...namedPorts(sight, face, portsOfStep.value, marks, toBox),
  ];
  return (
    <>
      <Outline sight={sight} face={face} ports={portsOfStep.value} toBox={toBox} />
      {marks.map((mark) => (
        <Mark key={mark.id} mark={mark} toBox={toBox} scale={view.scale} />
      ))}
      <Strokes sight={sight} toBox={toBox} />
      <Pointers sight={sight} toBox={toBox} />
      <Words named={named} box={box} keepOut={keepOut()} />
    </>
  );
}

/** Four corners that say: hold the label here. */
function Reticle({ box }: { box: Size }) {
  const side = Math.min(box.width, box.height) * 0.56;
  const [x, y] = [(box.width - side) / 2, (box.height - side) / 2 - box.height * 0.04];
  const arm = side * 0.14;
  const corner = (cx: number, cy: number, sx: number, sy: number) =>
    `M${cx + sx * arm},${cy} H${cx} V${cy + sy * arm}`;
  const path = [
    corner(x, y, 1, 1),
    corner(x + side, y, -1, 1),
    corner(x + side, y + side, -1, -1),
    corner(x, y + side, 1, -1),
  ].join(" ");
  return <path d={path} class="reticle" />;
}

/** The marks in words, for those who do not see the picture. */
function MarkList() {
  const marks = marksHere.value;
  return (
    <ul class="unseen" aria-live="polite">
      {marks.map(({ id, shape, text, anchor }) => (
        <li key={id}>{[tn(shape), text, anchor.port].filter(Boolean).join(" · ")}</li>
      ))}
    </ul>
  );
}
