/** The camera's controls, large enough for gloves; and what the expert asks of it. */
import { Icon } from "@nearhand/ui";
import { useSignal } from "@preact/signals";
import aperture from "lucide-static/icons/aperture.svg?raw";
import flashlight from "lucide-static/icons/flashlight.svg?raw";
import switchCamera from "lucide-static/icons/switch-camera.svg?raw";
import zoomIn from "lucide-static/icons/zoom-in.svg?raw";
import zoomOut from "lucide-static/icons/zoom-out.svg?raw";
import { useEffect } from "preact/hooks";
import { cameraState } from "../camera/source";
import { isLive, nameOf } from "../session/room";
import { t } from "../words/hall";
import type { Zoom } from "./abilities";
import { steering } from "./hall";
import type { Steered, Steering } from "./steering";

const STEP = 1.4;

export function CameraBar() {
  const isOpen = useSignal(false);
  const now = steering.value;
  const state = useSteered(now);
  const camera = cameraState.value;
  if (!now || !state || camera.status !== "on" || !isLive.value) return null;
  const { torch, isTorchOn, zoom, cameras, isSteered, canFocus } = state;
  const hasNothing = !torch && !zoom && !canFocus && cameras < 2;
  return (
    <div class="camera-bar" data-testid="camera-bar">
      <button
        type="button"
        class="round"
        aria-expanded={isOpen.value}
        aria-label={t("camera")}
        title={t("camera")}
        data-testid="camera-open"
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        <Icon svg={aperture} size={26} />
      </button>
      {isOpen.value && (
        <div class="camera-row" role="group" aria-label={t("camera")}>
          {torch && (
            <button
              type="button"
              class="round"
              aria-pressed={isTorchOn}
              aria-label={t("torch")}
              data-testid="camera-torch"
              onClick={() => void now.do({ act: "torch", is_on: !isTorchOn, zoom: null, at: null })}
            >
              <Icon svg={flashlight} size={26} />
            </button>
          )}
          {zoom && <ZoomSlider zoom={zoom} steering={now} />}
          {cameras > 1 && !camera.isDemo && (
            <button
              type="button"
              class="round"
              aria-label={t("switch")}
              title={t("switch")}
              data-testid="camera-switch"
              onClick={() => void now.do({ act: "switch", is_on: null, zoom: null, at: null })}
            >
              <Icon svg={switchCamera} size={26} />
            </button>
          )}
          {hasNothing && <p>{t("nothing")}</p>}
          <label class="camera-steered">
            <input
              type="checkbox"
              checked={isSteered}
              data-testid="camera-steered"
              onChange={(event) => now.allow(event.currentTarget.checked)}
            />
            {t("steered")}
          </label>
        </div>
      )}
    </div>
  );
}

function ZoomSlider({ zoom, steering: now }: { zoom: Zoom; steering: Steering }) {
  const to = (wanted: number) => void now.do({ act: "zoom", zoom: wanted, is_on: null, at: null });
  // Each length of the slider is the same factor nearer.
  const [from, upTo] = [Math.log(zoom.min), Math.log(zoom.max)];
  const share = (Math.log(zoom.now) - from) / (upTo - from);
  return (
    <div class="zoom">
      <button type="button" class="round" aria-label={t("farther")} onClick={() => to(zoom.now / STEP)}>
        <Icon svg={zoomOut} size={26} />
      </button>
      <input
        type="range"
        min={0}
        max={1}
        step={0.01}
        value={share}
        aria-label={t("zoom")}
        aria-valuetext={`${zoom.now.toFixed(1)}×`}
        data-testid="camera-zoom"
        onInput={(event) => to(Math.exp(from + Number(event.currentTarget.value) * (upTo - from)))}
      />
      <output>{zoom.now.toFixed(1)}×</output>
      <button type="button" class="round" aria-label={t("nearer")} onClick={() => to(zoom.now * STEP)}>
        <Icon svg={zoomIn} size={26} />
      </button>
    </div>
  );
}

/** Nothing of theirs is switched before they say so. */
export function CameraRequest() {
  const now = steering.value;
  const asked = useSteered(now)?.asked;
  if (!now || !asked) return <div role="alert" class="unseen" />;
  const name = nameOf(asked.by);
  const act = asked.act === "torch" ? (asked.is_on ? "torch_on" : "torch_off") : asked.act;
  if (act === "tell") return null;
  return (
    <div role="alert" class="camera-request" data-testid="camera-request">
      <p>{t(`asks_${act}`, { name, zoom: asked.zoom?.toFixed(1) ?? "" })}</p>
      <div>
        <button type="button" class="big primary" data-testid="camera-do" onClick={() => now.answer(true)}>
          {t("do_it")}
        </button>
        <button type="button" class="big" data-testid="camera-no" onClick={() => now.answer(false)}>
          {t("no")}
        </button>
      </div>
      <button type="button" class="big" data-testid="camera-let" onClick={() => now.allow(true)}>
        {t("let", { name })}
      </button>
    </div>
  );
}

function useSteered(now: Steering | null): Steered | null {
  const state = useSignal<Steered | null>(now?.state.get() ?? null);
  useEffect(() => {
    state.value = now?.state.get() ?? null;
    return now?.state.subscribe((next) => (state.value = next));
  }, [now]);
  return state.value;
}
