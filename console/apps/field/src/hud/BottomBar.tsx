/** The lower edge, in the thumb's reach: figures, the current step, and three large buttons. */
import { Icon, localText } from "@nearhand/ui";
import { cameraState, isTorchOn, switchTorch } from "../camera/source";
import { target } from "../device/target";
import { guide, leaveGuide, progress, step, stepBack, stepDone } from "../session/guide";
import { room } from "../session/room";
import { t } from "../words/hud";
import { Figures } from "./Figures";
import {
  arrowLeft,
  bookOpen,
  check,
  chevronUp,
  flashlight,
  lifeBuoy,
  message,
  search,
  warning,
} from "./icons";
import { openSheet, panel } from "./panels";

export function BottomBar() {
  const isGuided = guide.value !== null;
  return (
    <div class="bottom">
      {target.value && <Figures />}
      {isGuided && <StepLine />}
      <nav class="thumb">
        {isGuided ? <GuideButtons /> : target.value ? <DeviceButtons /> : <ScanButtons />}
      </nav>
    </div>
  );
}

interface BigProps {
  svg: string;
  label: string;
  run: () => void;
  look?: "plain" | "primary";
  isOff?: boolean;
  isPressed?: boolean;
}

function Big({ svg, label, run, look = "plain", isOff = false, isPressed }: BigProps) {
  const pressed = isPressed === undefined ? {} : { "aria-pressed": isPressed };
  return (
    <button type="button" class={`big ${look}`} disabled={isOff} onClick={run} {...pressed}>
      <Icon svg={svg} size={22} />
      <span>{label}</span>
    </button>
  );
}

/** Help before a session, talk within one. */
function HelpButton({ look = "plain" }: { look?: "plain" | "primary" }) {
  return room.value ? (
    <Big svg={message} label={t("talk")} look={look} run={() => openSheet("talk")} />
  ) : (
    <Big svg={lifeBuoy} label={t("help")} look={look} run={() => (panel.value = "ask")} />
  );
}

function ScanButtons() {
  const camera = cameraState.value;
  return (
    <>
      {camera.status === "on" && camera.hasTorch && (
        <Big
          svg={flashlight}
          label={t(isTorchOn.value ? "torch_off" : "torch")}
          isPressed={isTorchOn.value}
          run={() => void switchTorch()}
        />
      )}
      <Big svg={search} label={t("find")} run={() => (panel.value = "find")} />
      <HelpButton />
    </>
  );
}

function DeviceButtons() {
  return (
    <>
      <Big svg={bookOpen} label={t("guide")} run={() => openSheet("manual")} />
      <HelpButton look="primary" />
      <Big svg={chevronUp} label={t("details")} run={() => openSheet("now")} />
    </>
  );
}

function GuideButtons() {
  const { step: at } = progress.value!;
  const isAtEnd = at >= guide.value!.steps.length;
  return (
    <>
      <Big svg={arrowLeft} label={t("back")} isOff={at === 0} run={stepBack} />
      <HelpButton />
      <Big
        svg={check}
        label={t(isAtEnd ? "finish" : "done")}
        look="primary"
        run={isAtEnd ? leaveGuide : stepDone}
      />
    </>
  );
}

function StepLine() {
  const all = guide.value!.steps.length;
  const now = step.value;
  if (!now)
    return (
      <div class="step is-done">
        <p>
          <Icon svg={check} /> {t("all_done", { all })}
        </p>
      </div>
    );
  const n = progress.value!.step + 1;
  const caution = localText(now.caution ?? {});
  return (
    <button type="button" class="step" onClick={() => openSheet("manual")} data-testid="step">
      {caution && (
        <p class="caution">
          <Icon svg={warning} size={16} /> <b>{t("caution")}</b> {caution}
        </p>
      )}
      <p class="step-text">
        <b aria-label={t("step_of", { n, all })}>
          {n}/{all}
        </b>{" "}
        {localText(now.text)}
      </p>
    </button>
  );
}
