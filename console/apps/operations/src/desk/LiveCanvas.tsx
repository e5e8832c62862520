/** The live picture itself, and in words how it comes. */
import { Icon } from "@nearhand/ui";
import video from "lucide-static/icons/video.svg?raw";
import videoOff from "lucide-static/icons/video-off.svg?raw";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Desk } from "./desk";
import { isLiveShown, type LiveShown } from "./livePictures";
import { t } from "./liveWords";
import { RungNow } from "./RungNow";

/** Drawn when it is committed, so that picture and marks change together. */
export function LiveCanvas({ picture }: { picture: LiveShown }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const { width, height, bitmap } = picture;
    const element = canvas.current!;
    if (element.width !== width || element.height !== height) Object.assign(element, { width, height });
    element.getContext("2d", { alpha: false })!.drawImage(bitmap, 0, 0, width, height);
  }, [picture]);
  return <canvas ref={canvas} class="picture-live" aria-hidden="true" />;
}

export function LiveFlow({ desk }: { desk: Desk }) {
  const { pictures } = desk;
  const [flow, isOff] = [pictures.flow.value, pictures.isOff.value];
  const shown = desk.shown.value;
  const size = shown && isLiveShown(shown) ? `${Math.min(shown.width, shown.height)}p` : "";
  const label = t(isOff ? "goLive" : "stillsOnly");
  return (
    <>
      {flow && size && flow.delayMs !== null && (
        <span data-testid="flow" data-delay-ms={flow.delayMs}>
          {t("flow", { size, kbit: flow.kbitPerS.toLocaleString(), ms: flow.delayMs })}
        </span>
      )}
      {shown?.frame.how === "approximate" && (
        <span class="picture-warning" role="status" data-testid="approximate">
          {t("approximate")}
        </span>
      )}
      {pictures.isCut.value && (
        <span class="picture-warning" role="status" data-testid="live-cut">
          {t("liveCut")}
        </span>
      )}
      <RungNow desk={desk} isDirect={size !== "" && flow?.delayMs === null} />
      {isOff && <span>{t("stillsOnlyNow")}</span>}
      {!desk.view.value.isEnded && (
        <button
          type="button"
          class="picture-live-toggle"
          aria-label={label}
          aria-keyshortcuts="C"
          aria-pressed={!isOff}
          title={`${label} (C)`}
          data-testid="live-toggle"
          onClick={() => pictures.toggle()}
        >
          <Icon svg={isOff ? video : videoOff} size={18} />
        </button>
      )}
    </>
  );
}
