/** What was measured on the devices of a session while it ran, and how those devices look. */
import type { Chart, DeviceView, Series, SessionDevice } from "@nearhand/contract";
import { may } from "../access/identity";
import { get } from "../rest";
import type { Tale } from "./tale";

const BUCKETS = 120;
const SHOWN_SERIES = 3;
/** A little before and after, so that a short session has figures too. */
const MARGIN_MS = 60_000;

export interface Figure {
  readonly device: DeviceView;
  readonly chart: Chart;
}

export function devicesIn(tale: Tale): string[] {
  const shown = tale.moments.flatMap(({ event }) => (event.type === "device.shown" ? [event.device.device_id] : [])); // prettier-ignore
  return [...new Set([...(tale.session.device_id ? [tale.session.device_id] : []), ...shown])];
}

/** Those that this person may see; a guest is told of the one that the session shows. */
export async function loadDevices(tale: Tale, signal: AbortSignal): Promise<DeviceView[]> {
  if (!may("devices.read")) {
    const shown = await get<SessionDevice>(`/sessions/${tale.session.id}/device`, {}, signal).catch(
      () => null,
    );
    return shown ? [shown.view] : [];
  }
  const asked = devicesIn(tale).map((id) => get<DeviceView>(`/devices/${id}/view`, {}, signal));
  const views = await Promise.allSettled(asked);
  return views.flatMap((view) => (view.status === "fulfilled" ? [view.value] : []));
}

/** The first series of each device as a whole, over the time of the session. */
export async function loadFigures(
  tale: Tale,
  devices: readonly DeviceView[],
  signal: AbortSignal,
): Promise<Figure[]> {
  if (!may("telemetry.read")) return [];
  const time = {
    since: new Date(tale.start_ms - MARGIN_MS).toISOString(),
    until: new Date(tale.start_ms + tale.length_ms + MARGIN_MS).toISOString(),
    buckets: BUCKETS,
  };
  const charted = devices.map(async (device) => {
    const { id } = device.device;
    const series = await get<Series[]>(`/devices/${id}/series`, {}, signal);
    const whole = series.filter(({ key }) => key.port === "").slice(0, SHOWN_SERIES);
    const charts = await Promise.all(
      whole.map(({ key: { quantity, port } }) =>
        get<Chart>(`/devices/${id}/chart`, { quantity, port, ...time }, signal),
      ),
    );
    return charts.filter(({ buckets }) => buckets.length > 0).map((chart) => ({ device, chart }));
  });
  return (await Promise.allSettled(charted)).flatMap((all) => (all.status === "fulfilled" ? all.value : []));
}
