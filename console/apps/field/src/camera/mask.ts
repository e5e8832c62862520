/** What others may see of the camera's pictures, in the session that this page is in. */
import type { CameraMask, PictureMask } from "@nearhand/contract";
import { computed } from "@preact/signals";
import { target } from "../device/target";
import { isLive, room } from "../session/room";
import type { MaskWanted } from "./outgoing";

const ORDER: readonly CameraMask[] = ["off", "warn", "enforce"];

/** What the session's site asks, or that of the device in view where it asks more; null: not told yet, nothing leaves. */
export const cameraRule = computed<CameraMask | null>(() => {
  const told = isLive.value ? (room.value?.cameraMask ?? null) : null;
  const here = target.value?.view.site.camera_mask ?? "off";
  return told && ORDER[Math.max(ORDER.indexOf(told), ORDER.indexOf(here))]!;
});

/** For the frame that is taken now; null: nothing may leave. */
export function maskWanted(): MaskWanted | null {
  const rule = cameraRule.peek();
  if (!rule) return null;
  const [now, shown] = [target.peek(), room.peek()?.device];
  const isMeant = now?.layout && (!shown || shown.device_id === now.view.device.id);
  if (!isMeant) return { rule, deviceId: null, extent: null };
  const { width_mm, height_mm } = now.layout!.face;
  const extent = { left: 0, top: 0, right: width_mm, bottom: height_mm };
  return { rule, deviceId: now.view.device.id, extent };
}

/** Whether a picture that hides so much may leave now; the rule may be another than when it was taken. */
export function mayLeave(mask: PictureMask): boolean {
  const rule = cameraRule.peek();
  return rule !== null && (rule !== "enforce" || mask !== "none");
}
