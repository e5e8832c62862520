/** Words of how live pictures go out. */
import { words } from "@nearhand/ui";

export const t = words({
  open: ["Live picture: {now}. Change it.", "即時畫面：{now}。變更。", "实时画面：{now}。更改。"],
  auto: ["As the line allows", "依連線狀況", "按连接状况"],
  auto_hint: ["The best picture that arrives in time", "能及時送達的最佳畫面", "能及时送达的最佳画面"],
  step_0: ["Live, 720p", "即時，720p", "实时，720p"],
  step_0_hint: [
    "15 pictures a second, about 1 MB each second",
    "每秒 15 張，每秒約 1 MB",
    "每秒 15 张，每秒约 1 MB",
  ],
  step_1: ["Live, 360p", "即時，360p", "实时，360p"],
  step_1_hint: [
    "15 pictures a second, about 400 kB each second",
    "每秒 15 張，每秒約 400 kB",
    "每秒 15 张，每秒约 400 kB",
  ],
  step_2: ["Live, 360p, slow", "即時，360p，低速", "实时，360p，低速"],
  step_2_hint: [
    "5 pictures a second, about 130 kB each second",
    "每秒 5 張，每秒約 130 kB",
    "每秒 5 张，每秒约 130 kB",
  ],
  step_3: ["Stills only", "僅靜止畫面", "仅静止画面"],
  step_3_hint: ["One sharp picture every few seconds", "每隔幾秒一張清晰畫面", "每隔几秒一张清晰画面"],
  spent: ["Live pictures: data limit reached", "即時畫面：已達流量上限", "实时画面：已达流量上限"],
  spent_hint: [
    "This session has had as many bytes of live pictures as it may. Stills go on.",
    "此通話的即時畫面流量已用完，靜止畫面照常傳送。",
    "此会话的实时画面流量已用完，静止画面照常发送。",
  ],
  used: ["{mb} MB", "{mb} MB", "{mb} MB"],
});
