/** Words about how the camera comes to the desk. */
import { words } from "@nearhand/ui";

export const t = words({
  approximate: [
    "Frame not known exactly: marks are approximate",
    "無法確認是哪一幀：標示為約略",
    "无法确认是哪一帧：标示为约略",
  ],
  flow: [
    "{size} · {kbit} kbit/s · {ms} ms behind",
    "{size} · {kbit} kbit/s · 延遲 {ms} 毫秒",
    "{size} · {kbit} kbit/s · 延迟 {ms} 毫秒",
  ],
  liveCut: ["Live picture lost, stills go on", "即時畫面中斷，靜止畫面照常", "实时画面中断，静止画面照常"],
  stillsOnly: ["Stills only, to spare the line", "僅靜止畫面，節省流量", "仅静止画面，节省流量"],
  stillsOnlyNow: ["Stills only", "僅靜止畫面", "仅静止画面"],
  goLive: ["Show the live picture", "顯示即時畫面", "显示实时画面"],
});
