/** Words of the label desk. */
import { words } from "@nearhand/ui";

export const t = words({
  title: ["Labels", "標籤", "标签"],
  readable: [
    "{size} mm: readable to about {near} cm at 720p, {far} cm at 1080p",
    "{size} mm：720p 約可在 {near} cm 內讀取，1080p 約 {far} cm",
    "{size} mm：720p 约可在 {near} cm 内读取，1080p 约 {far} cm",
  ],
  pick: [
    "Pick devices, then print one sheet. Devices without a label get one.",
    "選擇設備後列印成一張。沒有標籤的設備會自動產生。",
    "选择设备后打印成一张。没有标签的设备会自动生成。",
  ],
  search: ["Find devices", "搜尋設備", "搜索设备"],
  rack: ["Rack", "機櫃", "机柜"],
  anyRack: ["Any rack", "所有機櫃", "所有机柜"],
  signature: ["Signature", "簽章", "签名"],
  anySignature: ["All devices", "所有設備", "所有设备"],
  unsignedAt: ["To print anew at {site}", "{site}：需重新列印", "{site}：需重新打印"],
  pickAll: ["Pick all shown", "全選目前列出的", "全选当前列出的"],
  picked: ["{count} picked", "已選 {count} 台", "已选 {count} 台"],
  clear: ["Clear", "清除", "清除"],
  paper: ["Paper", "紙張", "纸张"],
  a4: ["A4", "A4", "A4"],
  letter: ["Letter", "Letter", "Letter"],
  print: ["Make the sheet (PDF)", "產生標籤頁（PDF）", "生成标签页（PDF）"],
  making: [
    "Making and reading back labels: {done} of {count}",
    "正在製作並讀回標籤：{done} / {count}",
    "正在制作并读回标签：{done} / {count}",
  ],
  done: [
    "The sheet is in your downloads. Print at 100 %, not “fit to page”.",
    "標籤頁已下載。請以 100 % 列印，不要選「符合頁面」。",
    "标签页已下载。请按 100 % 打印，不要选“适合页面”。",
  ],
  nothing: ["No device matches", "沒有符合的設備", "没有匹配的设备"],
  nothingHint: [
    "Search for fewer letters, or choose another rack.",
    "減少搜尋字數，或選擇其他機櫃。",
    "减少搜索字数，或选择其他机柜。",
  ],
});
