/** What of the picture was hidden before it left the phone, in words; and what would be, where the site only warns. */
import { keptOutline } from "@nearhand/spatial";
import { outline, type Point } from "@nearhand/ui";
import type { Desk } from "./desk";
import { t } from "./maskWords";
import { sees } from "./sight";

const MARGIN_PX = 1.5;

export function MaskWord({ desk }: { desk: Desk }) {
  const mask = desk.shown.value?.mask ?? "none";
  const isWarned = mask === "none" && desk.view.value.cameraMask === "warn";
  if (mask === "none" && !isWarned) return null;
  return (
    <span
      class={mask === "range" ? "" : "picture-warning"}
      data-testid="mask-word"
      data-mask={mask}
      title={t(isWarned ? "unmaskedHint" : "maskedHint")}
    >
      {t(isWarned ? "unmasked" : mask === "range" ? "masked" : "maskedWhole")}
    </span>
  );
}

/** Outside of this line would be hidden. */
export function WouldBeKept({ desk, scale }: { desk: Desk; scale: (point: Point) => Point }) {
  const sighting = desk.sighting.value;
  const device = desk.device.value?.view;
  if (desk.view.value.cameraMask !== "warn" || (desk.shown.value?.mask ?? "none") !== "none") return null;
  if (!device || !sees(sighting, { device_id: device.device.id, face: sighting?.face ?? "" })) return null;
  const face = device.device_type[sighting.face];
  const { camera, T_camera_face, covariance } = sighting;
  if (!face || !covariance) return null;
  const extent = { left: 0, top: 0, right: face.width_mm, bottom: face.height_mm };
  const kept = keptOutline(camera, T_camera_face as never, covariance, extent, MARGIN_PX);
  if (!kept) return null;
  const closed = [...kept, kept[0]!].map(([u, v]): Point =>
    scale([(u + 0.5) / camera.width, (v + 0.5) / camera.height]),
  );
  return <path class="would-be-kept" data-testid="would-be-kept" d={outline("freehand", closed)} />;
}
