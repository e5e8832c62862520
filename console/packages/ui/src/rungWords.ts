/** Words of the five rungs by which a camera's pictures come, and of what they cost. */
import type { RungTold } from "@nearhand/contract";
import { language, words } from "./i18n";

const why = words({
  narrow: ["narrow line", "頻寬不足", "带宽不足"],
  slow: ["slow line", "連線延遲高", "连接延迟高"],
  lossy: ["line loses much", "封包遺失多", "丢包较多"],
  busy: ["phone is busy", "手機忙碌", "手机忙碌"],
  no_way: ["no direct way", "無法直接連線", "无法直接连接"],
  cut: ["connection lost", "連線中斷", "连接中断"],
  spent: ["data limit reached", "已達流量上限", "已达流量上限"],
  budget: ["data budget used up", "流量預算已用完", "流量预算已用完"],
  by_hand: ["chosen by hand", "手動選擇", "手动选择"],
  asked: ["as the expert asked", "依專家要求", "按专家要求"],
});

/** Why it is no better rung; empty where there is nothing to say. */
export function because(reason: RungTold["because"]): string {
  return reason === "best" || reason === "unwatched" ? "" : why(reason);
}

/** What may be chosen: first whatever the line allows, then the rungs 1 to 5. */
export const RUNGS = ["auto", "rung_1", "rung_2", "rung_3", "rung_4", "rung_5"] as const;

export const rungName = words({
  auto: ["As the line allows", "依連線狀況", "按连接状况"],
  rung_1: ["Video, 720p", "視訊 720p", "视频 720p"],
  rung_2: ["Video, 360p", "視訊 360p", "视频 360p"],
  rung_3: ["Live pictures", "即時畫面", "实时画面"],
  rung_4: ["Stills only", "僅靜止畫面", "仅静止画面"],
  rung_5: ["Stills on request", "要求時才傳靜止畫面", "按要求传静止画面"],
});

const MB = 1_000_000;
/** Both screens speak up from here on. */
const NEAR = 0.8;

/** In decimal units, as providers count: `0.4 MB`, `38 MB`, `1.2 GB`. */
export function dataSize(bytes: number): string {
  const [value, unit] = bytes < 1000 * MB ? [bytes / MB, "MB"] : [bytes / (1000 * MB), "GB"];
  const digits = value < 10 && !Number.isInteger(value) ? 1 : 0;
  const shown = value.toLocaleString(language.value, { maximumFractionDigits: digits });
  return `${shown} ${unit}`;
}

const used = words({ of: ["{used} of {budget}", "{used} / {budget}", "{used} / {budget}"] });

/** `38 MB of 50 MB` */
export function dataUsed(bytes: number, budget: number | null): string {
  return budget === null ? dataSize(bytes) : used("of", { used: dataSize(bytes), budget: dataSize(budget) });
}

/** How a phone's traffic stands against what it may come to. */
export function budgetState(bytes: number, budget: number | null): "fine" | "near" | "spent" {
  if (budget === null || bytes < NEAR * budget) return "fine";
  return bytes < budget ? "near" : "spent";
}
