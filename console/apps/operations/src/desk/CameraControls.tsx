/** The technician's camera from afar: only what it can do is offered, and whose it is stands in words. */
import type { CameraStated } from "@nearhand/contract";
import { Icon } from "@nearhand/ui";
import flashlight from "lucide-static/icons/flashlight.svg?raw";
import focus from "lucide-static/icons/focus.svg?raw";
import switchCamera from "lucide-static/icons/switch-camera.svg?raw";
import type { Desk } from "./desk";
import type { DeskHall } from "./hall";
import { t } from "./hallWords";

/** The key that follows the next camera. */
export const CAMERA_KEY = "n";

export function CameraControls({ desk, hall }: { desk: Desk; hall: DeskHall }) {
  const { isEnded } = desk.view.value;
  if (isEnded) return null;
  const camera = hall.camera;
  return (
    <div class="camera-controls">
      <Sources desk={desk} hall={hall} />
      {camera && desk.mayDraw.value && <Controls desk={desk} hall={hall} camera={camera} />}
    </div>
  );
}

/** Who films; one of two or more is followed. */
function Sources({ desk, hall }: { desk: Desk; hall: DeskHall }) {
  const { sources } = hall;
  const followed = desk.followed.value;
  if (sources.length < 2 && followed === null) return null;
  return (
    <div class="camera-sources" role="group" aria-label={t("films")} data-testid="camera-sources">
      <span class="soft" aria-hidden="true">
        {t("films")}
      </span>
      {[null, ...sources].map((id) => (
        <button
          key={id ?? ""}
          type="button"
          aria-pressed={followed === id}
          aria-keyshortcuts={CAMERA_KEY.toUpperCase()}
          data-testid="camera-source"
          onClick={() => (desk.followed.value = id)}
        >
          {id === null ? t("newest") : nameOf(desk, id)}
        </button>
      ))}
      <kbd>{CAMERA_KEY.toUpperCase()}</kbd>
    </div>
  );
}

function Controls({ desk, hall, camera }: { desk: Desk; hall: DeskHall; camera: CameraStated }) {
  const { torch, zoom, can_focus, cameras, asked, declined, is_steered } = camera;
  if (torch === null && !zoom && !can_focus && cameras < 2) return null;
  const says = asked ? "waits" : declined ? "declined" : is_steered ? "steered" : "asks";
  return (
    <div
      class="camera-controls-of"
      role="group"
      aria-label={t("camera", { name: nameOf(desk, camera.by) })}
      data-testid="camera-controls"
    >
      {torch !== null && (
        <button
          type="button"
          aria-pressed={torch}
          data-testid="ask-torch"
          onClick={() => hall.ask(camera, { act: "torch", is_on: !torch })}
        >
          <Icon svg={flashlight} /> {t("torch")}
        </button>
      )}
      {zoom && (
        <label>
          {t("zoom")}
          <input
            key={zoom.now}
            type="range"
            min={zoom.min}
            max={zoom.max}
            step={0.1}
            defaultValue={zoom.now}
            aria-valuetext={`${zoom.now.toFixed(1)}×`}
            data-testid="ask-zoom"
            onInput={(event) => hall.zoom(camera, Number(event.currentTarget.value))}
          />
          <output>{zoom.now.toFixed(1)}×</output>
        </label>
      )}
      {can_focus && (
        <button
          type="button"
          data-testid="ask-focus"
          onClick={() => hall.ask(camera, { act: "focus", at: [0.5, 0.5] })}
        >
          <Icon svg={focus} /> {t("focus")}
        </button>
      )}
      {cameras > 1 && (
        <button type="button" data-testid="ask-switch" onClick={() => hall.ask(camera, { act: "switch" })}>
          <Icon svg={switchCamera} /> {t("switch")}
        </button>
      )}
      <span
        role="status"
        class={declined ? "camera-says is-declined" : "camera-says"}
        data-testid="camera-says"
      >
        {t(says)}
      </span>
    </div>
  );
}

/** What others say, as their devices understood it, large over the picture. */
export function SpokenCaptions({ desk, hall }: { desk: Desk; hall: DeskHall }) {
  return (
    <div class="spoken" aria-live="polite">
      {Object.entries(hall.heard.value).map(([by, text]) => (
        <p key={by} data-testid="spoken">
          <b>{nameOf(desk, by)}</b> {text}
        </p>
      ))}
    </div>
  );
}

function nameOf(desk: Desk, id: string): string {
  return desk.view.value.participants.find((each) => each.id === id)?.display_name ?? id;
}
