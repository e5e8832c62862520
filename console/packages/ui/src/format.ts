/** Figures, times and ages as people read them, in the language on screen. */
import { language } from "./i18n";

const SECOND = 1000;

export function dateTime(at: string | Date): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(at),
  );
}

export function date(at: string | Date): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium" }).format(new Date(at));
}

export function clock(at: string | Date): string {
  return new Intl.DateTimeFormat(language.value, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(new Date(at));
}

/** A running time: 7:05, 1:12:40. */
export function timer(ms: number): string {
  const s = Math.max(0, Math.floor(ms / SECOND));
  const [h, m] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60)];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** How long ago: "3 s", "2 min". Short, because it stands beside the thing. */
export function age(ms: number): string {
  const units: [number, Intl.NumberFormatOptions["unit"] & string][] = [
    [86_400_000, "day"],
    [3_600_000, "hour"],
    [60_000, "minute"],
    [SECOND, "second"],
  ];
  const [size, unit] = units.find(([limit]) => ms >= limit) ?? [SECOND, "second"];
  const count = Math.max(0, Math.floor(ms / size));
  return new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay: "short" }).format(count);
}

const PREFIXES: [number, string][] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];
const SCALED = new Set(["bit/s", "By/s", "B/s", "W", "V", "Hz", "1/s"]);
const UNIT_NAMES: Record<string, string> = { Cel: "°C", "1/min": "/min", "1/s": "/s", "By/s": "B/s" };

/** A measured value with its unit: 1.24 Gbit/s, 38 °C, 63 %. */
export function quantity(value: number, unit: string): string {
  const name = UNIT_NAMES[unit] ?? unit;
  const [size, prefix] = (SCALED.has(unit) && PREFIXES.find(([limit]) => Math.abs(value) >= limit)) || [
    1,
    "",
  ];
  const scaled = value / size;
  const digits = Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
  const figure = new Intl.NumberFormat(language.value, { maximumFractionDigits: digits }).format(scaled);
  return `${figure}\u202f${prefix}${name}`.trim();
}

export function bytes(count: number): string {
  const [size, unit] = count >= 1e6 ? [1e6, "MB"] : count >= 1e3 ? [1e3, "kB"] : [1, "B"];
  return `${new Intl.NumberFormat(language.value, { maximumFractionDigits: 1 }).format(count / size)}\u202f${unit}`;
}
