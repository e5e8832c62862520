/** Words of how live pictures go out. */
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
  asked: ["asked for by the expert", "由專家要求", "由专家要求"],
});

/** Why it is no better rung; empty where there is nothing to say. */
export function because(reason: RungTold["because"]): string {
  return reason === "best" || reason === "unwatched" ? "" : why(reason);
}

export const t = words({
  open: ["Live picture: {now}. Change it.", "即時畫面：{now}。變更。", "实时画面：{now}。更改。"],
  auto: ["As the line allows", "依連線狀況", "按连接状况"],
  auto_hint: ["The best picture that arrives in time", "能及時送達的最佳畫面", "能及时送达的最佳画面"],
  rung_1: ["Video, 720p", "視訊 720p", "视频 720p"],
  hint_1: ["Direct, about 20 MB each minute", "直接連線，每分鐘約 20 MB", "直接连接，每分钟约 20 MB"],
  rung_2: ["Video, 360p", "視訊 360p", "视频 360p"],
  hint_2: ["Direct, about 4 MB each minute", "直接連線，每分鐘約 4 MB", "直接连接，每分钟约 4 MB"],
  rung_3: ["Live pictures", "即時畫面", "实时画面"],
  hint_3: [
    "Through the service, as fine as its line allows",
    "經由服務傳送，畫質依連線而定",
    "经由服务传送，画质按连接而定",
  ],
  rung_4: ["Stills only", "僅靜止畫面", "仅静止画面"],
  hint_4: ["One sharp picture every few seconds", "每隔幾秒一張清晰畫面", "每隔几秒一张清晰画面"],
  rung_5: ["Stills on request", "要求時才傳靜止畫面", "按要求传静止画面"],
  hint_5: [
    "Only what the expert asks for, and marks and words",
    "僅專家要求的畫面，以及標示與文字",
    "仅专家要求的画面，以及标示与文字",
  ],
  asked_hint: [
    "The expert asked for this. Choose another to overrule.",
    "這是專家的要求。選擇其他項目即可改變。",
    "这是专家的要求。选择其他项目即可更改。",
  ],
  spent_hint: [
    "This session has had as many bytes of live pictures as it may. Stills go on.",
    "此通話的即時畫面流量已用完，靜止畫面照常傳送。",
    "此通话的实时画面流量已用完，静止画面照常发送。",
  ],
  used: ["{mb} MB", "{mb} MB", "{mb} MB"],
});
