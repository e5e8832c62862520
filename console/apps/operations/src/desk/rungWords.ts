/** Words of the five rungs by which a camera's pictures come. */
import type { RungTold } from "@nearhand/contract";
import { words } from "@nearhand/ui";

const why = words({
  narrow: ["narrow line", "頻寬不足", "带宽不足"],
  slow: ["slow line", "連線延遲高", "连接延迟高"],
  lossy: ["line loses much", "封包遺失多", "丢包较多"],
  busy: ["phone is busy", "手機忙碌", "手机忙碌"],
  no_way: ["no direct way", "無法直接連線", "无法直接连接"],
  cut: ["connection lost", "連線中斷", "连接中断"],
  spent: ["data limit reached", "已達流量上限", "已达流量上限"],
  by_hand: ["chosen by hand", "手動選擇", "手动选择"],
  asked: ["as asked for", "依要求", "按要求"],
});

/** Empty where there is nothing to say. */
export function because(reason: RungTold["because"]): string {
  return reason === "best" || reason === "unwatched" ? "" : why(reason);
}

/** What may be asked for: first whatever the line allows, then the rungs 1 to 5. */
export const CHOICES = ["auto", "rung_1", "rung_2", "rung_3", "rung_4", "rung_5"] as const;

export const t = words({
  ask: ["Ask for another picture…", "要求其他畫面…", "要求其他画面…"],
  auto: ["As the line allows", "依連線狀況", "按连接状况"],
  rung_1: ["Video, 720p", "視訊 720p", "视频 720p"],
  rung_2: ["Video, 360p", "視訊 360p", "视频 360p"],
  rung_3: ["Live pictures", "即時畫面", "实时画面"],
  rung_4: ["Stills only", "僅靜止畫面", "仅静止画面"],
  rung_5: ["Stills on request", "要求時才傳靜止畫面", "按要求传静止画面"],
});
