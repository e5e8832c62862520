/** A series over time: mean as a line, minimum to maximum as a band. uPlot is loaded when the first chart is shown. */
import type { Chart as ChartData } from "@nearhand/contract";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { quantity } from "./format";
import { language } from "./i18n";
import { theme } from "./theme";

interface ChartProps {
  charts: readonly ChartData[];
  names: readonly string[];
  height?: number;
}

const INKS = ["--cyan", "--violet", "--green", "--amber"];

/** Charts of one unit share a plot; each brings its own line and band. */
export function Chart({ charts, names, height = 160 }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const look = `${theme.value} ${language.value}`;
  useEffect(() => {
    const box = place.current!;
    let plot: uPlot | undefined;
    let isGone = false;
    const observer = new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height }));
    void Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]).then(([{ default: Plot }]) => {
      if (isGone) return;
      plot = new Plot(options(charts, names, box.clientWidth, height), aligned(charts), box);
      observer.observe(box);
    });
    return () => {
      isGone = true;
      observer.disconnect();
      plot?.destroy();
    };
  }, [charts, look, height]);
  return <div ref={place} class="ui-chart" style={{ minHeight: `${height}px` }} />;
}

/** One time axis for all; a missing interval is a gap, never a guessed value. */
function aligned(charts: readonly ChartData[]): uPlot.AlignedData {
  const times = [
    ...new Set(charts.flatMap((chart) => chart.buckets.map((bucket) => Date.parse(bucket.at) / 1000))),
  ].sort((a, b) => a - b);
  const columns = charts.flatMap((chart) => {
    const at = new Map(chart.buckets.map((bucket) => [Date.parse(bucket.at) / 1000, bucket]));
    return (["mean", "maximum", "minimum"] as const).map((field) =>
      times.map((time) => at.get(time)?.[field] ?? null),
    );
  });
  return [times, ...columns];
}

function options(
  charts: readonly ChartData[],
  names: readonly string[],
  width: number,
  height: number,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const ink = (name: string) => style.getPropertyValue(name).trim();
  const unit = charts[0]?.unit ?? "";
  const font = `12px ${ink("--font")}`;
  const time = timeFormats();
  const axis = {
    stroke: ink("--ink-soft"),
    grid: { stroke: ink("--line"), width: 1 },
    ticks: { stroke: ink("--line") },
    font,
  };
  // Mean, and from which minimum to which maximum; nothing under the cursor: the newest.
  const value = ({ data }: uPlot, _figure: number | null, column: number, under: number | null): string => {
    const row = under ?? data[0].length - 1;
    const [mean, high, low] = [0, 1, 2].map((n) => data[column + n]?.[row]);
    if (typeof mean !== "number") return "–";
    const span = typeof low === "number" && typeof high === "number" && high > low;
    return quantity(mean, unit) + (span ? ` (${quantity(low, unit)} – ${quantity(high, unit)})` : "");
  };
  return {
    width,
    height,
    cursor: { y: false, points: { size: 6 } },
    scales: { y: { range: (_, min, max) => [Math.min(0, min), roofOf(max)] } },
    axes: [
      { ...axis, values: (_, splits, _axis, _space, incr) => splits.map((at) => time.tick(at, incr)) },
      { ...axis, size: wideEnough, values: (_, splits) => splits.map((split) => quantity(split, unit)) },
    ],
    series: [
      {
        label: "",
        value: ({ data }, _at, _column, under) => {
          const at = data[0][under ?? data[0].length - 1];
          return at === undefined ? "–" : time.full(at);
        },
      },
      ...charts.flatMap((_, n): uPlot.Series[] => {
        const stroke = ink(INKS[n % INKS.length]!);
        const edge: uPlot.Series = { stroke: "transparent", points: { show: false }, class: "ui-chart-edge" };
        return [{ label: names[n] ?? "", stroke, width: 1.5, points: { show: false }, value }, edge, edge];
      }),
    ],
    bands: charts.map((_, n) => ({
      series: [3 * n + 2, 3 * n + 3],
      fill: `${ink(INKS[n % INKS.length]!)}2e`,
    })),
    legend: { show: true, live: true },
  };
}

/** A round figure a little above the highest, so that the topmost line has its name. */
export function roofOf(max: number): number {
  if (max <= 0) return 1;
  const size = 10 ** Math.floor(Math.log10(max));
  return size * ([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => step * size >= max * 1.02) ?? 12);
}

const DAY_S = 86_400;

/** Times in the language on screen, 24 hours; the day stands where it begins. */
function timeFormats(): {
  tick: (at_s: number, increment_s: number) => string;
  full: (at_s: number) => string;
} {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language.value, { hourCycle: "h23", ...options });
  const [hour, day] = [
    format({ hour: "2-digit", minute: "2-digit" }),
    format({ month: "short", day: "numeric" }),
  ];
  const full = format({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
  return {
    tick: (at_s, increment_s) => {
      const at = new Date(at_s * 1000);
      const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
      return (increment_s >= DAY_S || isMidnight ? day : hour).format(at);
    },
    full: (at_s) => full.format(new Date(at_s * 1000)),
  };
}

/** The room an axis needs for its longest word, so that "2,000 /min" keeps its first digits. */
function wideEnough(_: uPlot, words: string[] | null): number {
  const longest = Math.max(0, ...(words ?? []).map((word) => word.length));
  return Math.max(72, 24 + 7 * longest);
}
