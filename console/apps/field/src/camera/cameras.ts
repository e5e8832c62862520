/** All that is known of cameras beside what they show: comes with the first that is opened. */
import { type Calibration, type NewCalibration, Refusal } from "@nearhand/contract";
import { intrinsicsOf, surenessOf } from "@nearhand/spatial";
import { effect } from "@preact/signals";
import { actor } from "../access/actor";
import { ask, get, isOffline } from "../rest";
import { SharedCameras } from "./sharedCameras";

export { believedOf, cameraKey, keepCamera, settingOf } from "./calibration";

const SETTLED_MS = 5000;

const addressOf = (key: string): string => `/cameras/${encodeURIComponent(key)}`;

export const shared = new SharedCameras({
  owner: () => (isOffline.peek() ? null : (actor.peek()?.participant_id ?? null)),
  load: (key) =>
    get<Calibration>(addressOf(key)).catch((error: unknown) => {
      if (error instanceof Refusal && error.status === 404) return null;
      throw error;
    }),
  store: async (key, { camera, views }) => {
    const json: NewCalibration = { camera: { ...intrinsicsOf(camera), ...surenessOf(camera) }, views };
    await ask(addressOf(key), { method: "PUT", json });
  },
  later: (act) => void setTimeout(act, SETTLED_MS),
});

// The link is back, or somebody has signed in: what could not be asked or told then is now.
effect(() => {
  if (!isOffline.value && actor.value) void shared.exchange();
});
