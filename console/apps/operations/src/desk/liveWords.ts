/** Words about how the camera comes to the desk. */
import { words } from "@nearhand/ui";

export const t = words({
  liveVideo: ["Live video", "即時影像", "实时视频"],
  liveVideoHint: [
    "Marks follow the newest known place; take a tool to draw on a still",
    "標示依最新已知位置顯示；選取工具即可在靜止畫面上標示",
    "标示依最新已知位置显示；选取工具即可在静止画面上标示",
  ],
  videoLarge: ["Enlarge the live video", "放大即時影像", "放大实时视频"],
  videoSmall: ["Back to the still", "回到靜止畫面", "回到静止画面"],
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
