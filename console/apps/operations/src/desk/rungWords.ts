/** Words about the camera's rung and data at the desk; the names of the rungs are both apps' own. */
import { words } from "@nearhand/ui";

export const t = words({
  direct: ["direct", "直接連線", "直接连接"],
  change: ["Change…", "變更…", "更改…"],
  ask: ["Ask for another picture…", "要求其他畫面…", "要求其他画面…"],
  data: ["Data of the phone: {used}", "手機流量：{used}", "手机流量：{used}"],
  near: [
    "The phone has used {used} of data in this session.",
    "此手機在此通話已使用流量 {used}。",
    "此手机在此通话已使用流量 {used}。",
  ],
  spent: [
    "The phone's data budget is used up: pictures come only when asked for. Marks, words and voice go on.",
    "手機的流量預算已用完：僅在要求時傳送畫面。標示、文字與語音照常。",
    "手机的流量预算已用完：仅在要求时发送画面。标示、文字与语音照常。",
  ],
});
