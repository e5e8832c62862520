/** What others see of the picture, where the site asks for masks: a line around it, and a word. */
import { keptOutline, type Point } from "@nearhand/spatial";
import { cameraRule, maskWanted } from "../camera/mask";
import { MARGIN_PX } from "../camera/outgoing";
import type { Sight } from "../overlay/place";
import { t } from "../words/mask";
import "./mask.css";

function keptOf({ camera, located }: Sight): Point[] | null {
  const extent = maskWanted()?.extent;
  return extent ? keptOutline(camera, located.pose, located.covariance, extent, MARGIN_PX) : null;
}

export function MaskLine({ sight, toBox }: { sight: Sight; toBox: (point: Point) => Point }) {
  const rule = cameraRule.value;
  if (!rule || rule === "off") return null;
  const kept = keptOf(sight)?.map(toBox);
  if (!kept) return null;
  return <path class={`mask-line is-${rule}`} data-testid="mask-line" d={`M${kept.join(" L")} Z`} />;
}

/** `sight`: of the device, where it is in view. */
export function MaskSign({ sight }: { sight: Sight | null }) {
  const rule = cameraRule.value;
  if (!rule || rule === "off") return null;
  const word = rule === "warn" ? "unmasked" : sight && keptOf(sight) ? "masked" : "whole";
  return (
    <p class={`identity mask-sign is-${word}`} role="status" data-testid="mask-sign" data-mask={word}>
      {t(word)}
    </p>
  );
}
