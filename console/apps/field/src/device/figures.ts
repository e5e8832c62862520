/** The newest figure of each series of the device, asked every few seconds while it is on screen. */
import type { Series } from "@nearhand/contract";
import { effect, signal } from "@preact/signals";
import { remembered } from "../offline/memory";
import { getRows } from "../rest";
import { target } from "./target";

const EVERY_MS = 10_000;
const TREND_POINTS = 8;

export const figures = signal<readonly Series[]>([]);
export const figuresAt = signal<number | null>(null);
const trends = new Map<string, number[]>();

export function trendOf({ device_id, quantity, port }: Series["key"]): readonly number[] {
  return trends.get(`${device_id} ${quantity} ${port}`) ?? [];
}

async function load(deviceId: string): Promise<void> {
  const path = `/devices/${encodeURIComponent(deviceId)}/series`;
  const answer = await remembered(path, deviceId, () => getRows<Series>(path)).catch(() => null);
  if (!answer || target.peek()?.view.device.id !== deviceId) return;
  figures.value = answer.data;
  figuresAt.value = answer.at;
  for (const { key, last_value } of answer.data) {
    const name = `${key.device_id} ${key.quantity} ${key.port}`;
    if (last_value !== null) trends.set(name, [...(trends.get(name) ?? []), last_value].slice(-TREND_POINTS));
  }
}

let shown: string | undefined;
let timer: ReturnType<typeof setInterval> | undefined;

effect(() => {
  const id = target.value?.view.device.id;
  if (id === shown) return;
  shown = id;
  figures.value = [];
  figuresAt.value = null;
  trends.clear();
  clearInterval(timer);
  if (!id) return;
  void load(id);
  timer = setInterval(() => document.hidden || void load(id), EVERY_MS);
});
