/** Words of the panels' frames, and of what is not there yet to be shown in them. */
import { words } from "@nearhand/ui";

export const t = words({
  me_title: ["You on this device", "此裝置上的您", "此设备上的您"],
  sheet: ["Device details", "設備詳情", "设备详情"],
  now: ["Now", "現況", "现况"],
  history: ["History", "歷史", "历史"],
  manual: ["Manual", "手冊", "手册"],
  marks: ["Marks", "標示", "标示"],
  talk: ["Talk", "通話", "通话"],
  find_title: ["Find a device", "尋找設備", "查找设备"],
  picture_title: ["Live picture", "即時畫面", "实时画面"],
  ask_title: ["Ask for help", "求助", "求助"],
  part_failed: ["This part of the app could not be loaded.", "無法載入這個部分。", "无法加载这个部分。"],
  part_offline: ["Not on this phone yet", "尚未下載到這支手機", "尚未下载到这部手机"],
  part_offline_text: [
    "This part of the app comes by itself as soon as there is a connection.",
    "一恢復連線，這個部分就會自動載入。",
    "一恢复连接，这个部分就会自动加载。",
  ],
  try_again: ["Try again", "再試一次", "再试一次"],
  reload: ["Reload", "重新整理", "刷新"],
});
