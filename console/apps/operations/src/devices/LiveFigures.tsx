/** The newest figures of a device, or of one of its ports, asked for again every few seconds. */
import type { Series } from "@nearhand/contract";
import { age, quantity, useLoad } from "@nearhand/ui";
import { useEffect } from "preact/hooks";
import { get } from "../rest";
import { useNow } from "../shell/now";
import { quantityName } from "./quantities";

const EVERY_MS = 10_000;
const STALE_MS = 15 * 60_000;

export function LiveFigures({ deviceId, port }: { deviceId: string; port?: string | null }) {
  const series = useLoad(deviceId, (signal) => get<Series[]>(`/devices/${deviceId}/series`, {}, signal));
  const now = useNow();
  useEffect(() => {
    const timer = setInterval(series.reload, EVERY_MS);
    return () => clearInterval(timer);
  }, [series.reload]);
  const known = (series.data ?? []).filter((each) => each.last_value !== null);
  const ofPort = port ? known.filter((each) => each.key.port === port) : [];
  // A port nothing is measured of leaves the device's figures in place, so that nothing jumps under the pointer.
  const shown = ofPort.length > 0 ? ofPort : known.filter((each) => each.key.port === "");
  if (shown.length === 0) return null;
  return (
    <ul class="figures">
      {ofPort.length > 0 && <li class="figures-port">{port}</li>}
      {shown.map(({ key, unit, last_value, last_at }) => {
        const old_ms = last_at ? now - Date.parse(last_at) : Infinity;
        return (
          <li key={key.quantity} class={old_ms > STALE_MS ? "is-stale" : ""}>
            <span>{quantityName(key.quantity)}</span>
            <b>{quantity(last_value!, unit)}</b>
            {old_ms > STALE_MS && Number.isFinite(old_ms) && <small>{age(old_ms)}</small>}
          </li>
        );
      })}
    </ul>
  );
}
