/** Ink on the live picture: the device's outline, the step's ports, and the expert's marks, at their place. */
import type { Annotation } from "@nearhand/contract";
import { fit, type Fit, type Point, pictureToBox, type Size } from "@nearhand/spatial";
import { computed } from "@preact/signals";
import { newestFrame } from "../camera/frames";
import { cameraState, fitOf } from "../camera/source";
import { keepsake, lastSight } from "../camera/eye";
import { keptMarks, target, targetFace } from "../device/target";
import { portsOfStep } from "../session/guide";
import { room } from "../session/room";
import { t as ts } from "../words/sheet";
import { EdgeHint, isOutside } from "./EdgeHint";
import { Keepsake } from "./Keepsake";
import { Mark } from "./Mark";
import { Outline } from "./Outline";
import { placeMark, type Sight } from "./place";
import { Pointers, Strokes } from "./Passing";
import { nowMs } from "../hud/clock";

const FADE_AFTER_MS = 250;
const GONE_AFTER_MS = 700; // on a picture that moves on, a mark that stays behind would point at a neighbour

/** Marks of the session and those kept on the device, each once, on the face that is looked at. */
export const marksHere = computed<readonly Annotation[]>(() => {
  const now = target.value;
  if (!now) return [];
  const live = room.value?.annotations ?? [];
  const removing = new Set(room.value?.pending.removing ?? []);
  const ids = new Set(live.map(({ id }) => id));
  return [...live, ...keptMarks.value.filter(({ id }) => !ids.has(id))].filter(
    ({ id, anchor, is_hidden }) =>
      !is_hidden && !removing.has(id) && anchor.device_id === now.view.device.id && anchor.face === now.side,
  );
});

export function Overlay({ box }: { box: Size }) {
  const frame = newestFrame.value;
  const now = target.value;
  const sight = lastSight.value;
  if (!frame || box.width === 0) return null;
  const isOurs = now !== null && sight?.deviceId === now.view.device.id;
  const ageMs = isOurs ? Math.max(0, frame.captured_at - sight.at) : Infinity;
  const isLost = ageMs > GONE_AFTER_MS || (isOurs && nowMs.value - sight.at > 3 * GONE_AFTER_MS);
  const view = fit(frame, box, fitOf(cameraState.value, box));
  return (
    <>
      <svg
        class={`overlay ${ageMs > FADE_AFTER_MS ? "is-fading" : ""}`}
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
        {isOurs && !isLost && <OnDevice sight={sight} view={view} box={box} />}
      </svg>
      {now && isLost && keepsake.value?.deviceId === now.view.device.id && (
        <Keepsake still={keepsake.value} />
      )}
      <MarkList />
    </>
  );
}

function OnDevice({ sight, view, box }: { sight: Sight; view: Fit; box: Size }) {
  const face = targetFace.value;
  if (!face) return null;
  const toBox = (point: Point): Point => pictureToBox(view, point);
  const marks = marksHere.value.map((mark) => placeMark(sight, face, mark)).filter((mark) => mark !== null);
  return (
    <>
      <Outline sight={sight} face={face} ports={portsOfStep.value} toBox={toBox} />
      {marks.map((mark) => (
        <Mark key={mark.id} mark={mark} toBox={toBox} scale={view.scale} />
      ))}
      {marks
        .filter(({ target }) => isOutside(toBox(target), box))
        .map(({ id, target, text, shape }) => (
          <EdgeHint key={id} at={toBox(target)} box={box} text={text || ts(shape)} />
        ))}
      <Strokes sight={sight} toBox={toBox} />
      <Pointers sight={sight} toBox={toBox} />
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
        <li key={id}>{[ts(shape), text, anchor.port].filter(Boolean).join(" · ")}</li>
      ))}
    </ul>
  );
}
