/** What was measured and what was done: charts with a cursor, and the maintenance records. */
import type { Chart as ChartData, MaintenanceRecord, Series } from "@nearhand/contract";
import { age, Chart, dateTime, ErrorState, Skeleton, useLoad } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { figures } from "../device/figures";
import { nowMs } from "../hud/clock";
import { remembered } from "../offline/memory";
import { get, getRows } from "../rest";
import { quantityName } from "../words/names";
import { t } from "../words/sheet";

const HOUR_MS = 3_600_000;
const SPANS = { last_24h: 24 * HOUR_MS, last_30d: 30 * 24 * HOUR_MS } as const;
type Span = keyof typeof SPANS;
const BUCKETS = 240;

export function History({ deviceId }: { deviceId: string }) {
  return (
    <>
      <Charts deviceId={deviceId} />
      <Records deviceId={deviceId} />
    </>
  );
}

function Charts({ deviceId }: { deviceId: string }) {
  const series = figures.value;
  const [span, setSpan] = useState<Span>("last_24h");
  const [chosen, setChosen] = useState(0);
  const one = series[Math.min(chosen, series.length - 1)];
  if (!one) return <p class="soft">{t("no_figures")}</p>;
  return (
    <section>
      <div class="chart-head">
        <label class="choose">
          <span class="unseen">{t("quantity")}</span>
          <select value={chosen} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
            {series.map(({ key }, i) => (
              <option key={`${key.quantity} ${key.port}`} value={i}>
                {quantityName(key.quantity, key.port)}
              </option>
            ))}
          </select>
        </label>
        <div class="segments">
          {(["last_24h", "last_30d"] as const).map((name) => (
            <button key={name} type="button" aria-pressed={span === name} onClick={() => setSpan(name)}>
              {t(name)}
            </button>
          ))}
        </div>
      </div>
      <OneChart deviceId={deviceId} series={one} span={span} />
    </section>
  );
}

function OneChart({ deviceId, series, span }: { deviceId: string; series: Series; span: Span }) {
  const { quantity, port } = series.key;
  const key = `${deviceId} ${quantity} ${port} ${span}`;
  const loaded = useLoad(`chart ${key}`, () =>
    remembered(`chart ${key}`, deviceId, () => {
      const until = new Date();
      const since = new Date(until.getTime() - SPANS[span]);
      const query = new URLSearchParams({
        quantity,
        port,
        since: since.toISOString(),
        until: until.toISOString(),
        buckets: String(BUCKETS),
      });
      return get<ChartData>(`/devices/${encodeURIComponent(deviceId)}/chart?${query}`);
    }),
  );
  if (loaded.status === "failed") return <Failed reload={loaded.reload} />;
  if (!loaded.data) return <Skeleton rows={5} height={24} />;
  const { data, at, isStale } = loaded.data;
  if (data.buckets.length === 0) return <p class="soft">{t("no_chart")}</p>;
  return (
    <>
      {isStale && <p class="stale">{t("as_of", { age: age(nowMs.value - at) })}</p>}
      <Chart charts={[data]} names={[quantityName(quantity, port)]} height={200} />
    </>
  );
}

export function Failed({ reload }: { reload: () => void }) {
  return <ErrorState title={t("failed_to_load")} retry={{ label: t("try_again"), run: reload }} />;
}

function Records({ deviceId }: { deviceId: string }) {
  const path = `/devices/${encodeURIComponent(deviceId)}/maintenance-records`;
  const loaded = useLoad(path, () => remembered(path, deviceId, () => getRows<MaintenanceRecord>(path)));
  return (
    <section>
      <h3>{t("records")}</h3>
      {loaded.status === "failed" && <Failed reload={loaded.reload} />}
      {loaded.status === "loading" && <Skeleton rows={3} />}
      {loaded.data?.data.length === 0 && <p class="soft">{t("no_records")}</p>}
      <ol class="records">
        {loaded.data?.data.map((record) => (
          <li key={record.id}>
            <time dateTime={record.performed_at}>{dateTime(record.performed_at)}</time>
            <b>{record.summary}</b>
            {record.detail && <p>{record.detail}</p>}
            <small>
              {[
                record.performed_by,
                record.parts.length > 0 && `${t("parts")}: ${record.parts.join(", ")}`,
                record.work_order && `${t("work_order")} ${record.work_order}`,
              ]
                .filter(Boolean)
                .join(" · ")}
            </small>
          </li>
        ))}
      </ol>
    </section>
  );
}
