/** What was measured on a device over a day or a month: one chart per unit, for the device or one of its ports. */
import type { Chart as ChartData, Series } from "@nearhand/contract";
import { Chart, EmptyState, SelectField, Skeleton, useLoad } from "@nearhand/ui";
import activity from "lucide-static/icons/activity.svg?raw";
import { useState } from "preact/hooks";
import { get } from "../rest";
import { Shown } from "../shell/Shown";
import { quantityName } from "./quantities";
import { t } from "./words";

const HOUR_MS = 3_600_000;
const RANGES = { day: 24 * HOUR_MS, month: 30 * 24 * HOUR_MS } as const;
const BUCKETS = 240;

export function History({ deviceId, port: wanted = "" }: { deviceId: string; port?: string }) {
  const series = useLoad(deviceId, (signal) => get<Series[]>(`/devices/${deviceId}/series`, {}, signal));
  return <Shown of={series}>{(all) => <Charts deviceId={deviceId} all={all} wanted={wanted} />}</Shown>;
}

function Charts({ deviceId, all, wanted }: { deviceId: string; all: readonly Series[]; wanted: string }) {
  const [range, setRange] = useState<keyof typeof RANGES>("day");
  const ports = [...new Set(all.map(({ key }) => key.port))];
  const [port, setPort] = useState(
    ports.includes(wanted) ? wanted : (ports.find((each) => each === "") ?? ports[0] ?? ""),
  );
  if (all.length === 0) {
    return (
      <EmptyState icon={activity} title={t("noSeries")}>
        <p>{t("noSeriesHint")}</p>
      </EmptyState>
    );
  }
  const groups = byUnit(all.filter(({ key }) => key.port === port));
  return (
    <div class="history">
      <div class="history-bar">
        <SelectField
          label={t("port")}
          value={port}
          choices={ports.map((each) => ({ value: each, label: each || t("wholeDevice") }))}
          onChange={setPort}
        />
        <div class="segmented" role="group">
          {(["day", "month"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={range === each} onClick={() => setRange(each)}>
              {t(each)}
            </button>
          ))}
        </div>
      </div>
      {groups.map((group) => (
        <Plot
          key={`${port}/${group[0]!.unit}/${range}`}
          deviceId={deviceId}
          group={group}
          span_ms={RANGES[range]}
        />
      ))}
    </div>
  );
}

function Plot({ deviceId, group, span_ms }: { deviceId: string; group: readonly Series[]; span_ms: number }) {
  const names = group.map(({ key }) => quantityName(key.quantity));
  const charts = useLoad(`${deviceId}/${names.join()}/${group[0]!.key.port}/${span_ms}`, (signal) => {
    const until = Date.now();
    const time = {
      since: new Date(until - span_ms).toISOString(),
      until: new Date(until).toISOString(),
      buckets: BUCKETS,
    };
    return Promise.all(
      group.map(({ key: { quantity, port } }) =>
        get<ChartData>(`/devices/${deviceId}/chart`, { quantity, port, ...time }, signal),
      ),
    );
  });
  return (
    <figure class="plot">
      <figcaption>{names.join(" · ")}</figcaption>
      <Shown of={charts} skeleton={<Skeleton rows={1} height={160} />}>
        {(data) =>
          data.every((chart) => chart.buckets.length === 0) ? (
            <p class="soft">{t("noSamples")}</p>
          ) : (
            <Chart charts={data} names={names} />
          )
        }
      </Shown>
    </figure>
  );
}

function byUnit(series: readonly Series[]): Series[][] {
  const groups = new Map<string, Series[]>();
  for (const each of series) groups.set(each.unit, [...(groups.get(each.unit) ?? []), each]);
  return [...groups.values()];
}
