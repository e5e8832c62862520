/** No picture: why, what helps, and the device's drawing in its place. */
import type { Face } from "@nearhand/contract";
import { Icon, timer } from "@nearhand/ui";
import { cameraState, type CameraFailure } from "../camera/source";
import { target } from "../device/target";
import { isDemo } from "../access/identity";
import { nowMs } from "../hud/clock";
import { cameraOff, lock } from "../hud/icons";
import { Later } from "../hud/Later";
import { marksHere } from "../overlay/Overlay";
import { usesDemoCamera } from "../routes";
import { portsOfStep } from "../session/guide";
import { pages } from "../sheet/part";
import { t } from "../words/hud";

interface NoCameraProps {
  face: Face | null;
  retry: (isDemo: boolean) => void;
}

export function NoCamera({ face, retry }: NoCameraProps) {
  const state = cameraState.value;
  if (state.status === "filming") return <Filming since={state.since} />;
  if (state.status !== "failed")
    return state.status === "starting" ? <p class="no-camera is-starting">{t("camera_starting")}</p> : null;
  return (
    <section class="no-camera" data-testid="no-camera">
      {face ? <Drawing face={face} /> : <Why because={state.because} />}
      <div class="no-camera-acts">
        {state.because === "no_demo" ? (
          <button type="button" class="big" onClick={() => retry(false)}>
            {t("use_camera")}
          </button>
        ) : (
          state.because !== "insecure" && (
            <button type="button" class="big" onClick={() => retry(usesDemoCamera())}>
              {t("try_again")}
            </button>
          )
        )}
        {isDemo.value && state.because !== "no_demo" && (
          <button type="button" class="big" onClick={() => retry(true)}>
            {t("use_demo_camera")}
          </button>
        )}
      </div>
    </section>
  );
}

/** The demo's first start: what takes so long, and for how long already. */
function Filming({ since }: { since: number }) {
  return (
    <section class="no-camera" role="status" data-testid="hall-filming">
      <h1>{t("hall_filming")}</h1>
      <progress aria-label={t("hall_filming")} />
      <p>{t("hall_filming_text")}</p>
      <p class="elapsed" aria-hidden="true">
        {t("hall_filming_for", { time: timer(nowMs.value - since) })}
      </p>
    </section>
  );
}

function Why({ because }: { because: CameraFailure }) {
  return (
    <>
      <Icon svg={because === "insecure" ? lock : cameraOff} size={48} />
      <h1>{t(`camera_${because}`)}</h1>
      <p>{t(`camera_${because}_text`)}</p>
    </>
  );
}

function Drawing({ face }: { face: Face }) {
  const { device } = target.value!.view;
  return (
    <Later part={pages}>
      {({ ZoomedFace }) => (
        <ZoomedFace
          face={face}
          title={t("face_drawing", { name: device.name })}
          labels={target.value!.labels}
          marks={marksHere.value}
          ports={portsOfStep.value}
        />
      )}
    </Later>
  );
}
