/** Words of the device sheet and the finder. */
import { words } from "@nearhand/ui";

export const t = words({
  now: ["Now", "現況", "现况"],
  history: ["History", "歷史", "历史"],
  manual: ["Manual", "手冊", "手册"],
  marks: ["Marks", "標記", "标记"],
  talk: ["Talk", "通話", "通话"],
  sheet: ["Device details", "設備詳情", "设备详情"],
  status: ["Status", "狀態", "状态"],
  planned: ["Planned", "規劃中", "规划中"],
  active: ["Active", "運作中", "运行中"],
  offline: ["Offline", "離線", "离线"],
  failed: ["Failed", "故障", "故障"],
  decommissioned: ["Decommissioned", "已除役", "已退役"],
  type: ["Type", "型號", "型号"],
  serial: ["Serial", "序號", "序列号"],
  asset_tag: ["Asset tag", "資產編號", "资产编号"],
  tenant: ["Customer", "客戶", "客户"],
  place: ["Place", "位置", "位置"],
  site: ["Site", "據點", "站点"],
  notes: ["Notes", "備註", "备注"],
  figures: ["Figures", "量測值", "测量值"],
  no_figures: ["Nothing is measured on this device.", "此設備沒有量測資料。", "此设备没有测量数据。"],
  as_of: ["as of {age} ago", "{age}前", "{age}前"],
  last_24h: ["24 h", "24 小時", "24 小时"],
  last_30d: ["30 d", "30 天", "30 天"],
  quantity: ["Quantity", "量測項目", "测量项目"],
  no_chart: ["No samples in this time.", "這段時間沒有資料。", "这段时间没有数据。"],
  records: ["Maintenance", "維護紀錄", "维护记录"],
  no_records: ["No maintenance is recorded yet.", "尚無維護紀錄。", "尚无维护记录。"],
  parts: ["Parts", "零件", "零件"],
  work_order: ["Work order", "工單", "工单"],
  guides: ["Guides", "操作指引", "操作指引"],
  no_guides: [
    "No guide is written for this device or its type.",
    "此設備或型號尚無操作指引。",
    "此设备或型号尚无操作指引。",
  ],
  start: ["Start", "開始", "开始"],
  go_on: ["Continue", "繼續", "继续"],
  leave_guide: ["Leave the guide", "離開指引", "离开指引"],
  steps: ["{n} steps", "{n} 個步驟", "{n} 个步骤"],
  documents: ["Documents", "文件", "文档"],
  no_documents: ["No documents.", "沒有文件。", "没有文档。"],
  pages: ["{n} pages", "{n} 頁", "{n} 页"],
  picture_of_step: ["Picture of this step", "此步驟的圖片", "此步骤的图片"],
  marks_kept: ["Kept on this device", "保留在此設備上", "保留在此设备上"],
  marks_session: ["In this session", "本次通話", "本次通话"],
  no_marks: [
    "No marks. What an expert keeps on the device is shown here on the next visit.",
    "沒有標記。專家保留在設備上的標記，下次來訪時會顯示在這裡。",
    "没有标记。专家保留在设备上的标记，下次来访时会显示在这里。",
  ],
  out_of_reach: [
    "Out of reach, and not seen before.",
    "目前離線，之前也沒有看過。",
    "目前离线，之前也没有看过。",
  ],
  failed_to_load: ["This could not be loaded.", "無法載入。", "无法加载。"],
  try_again: ["Try again", "再試一次", "再试一次"],
  find_title: ["Find a device", "尋找設備", "查找设备"],
  type_tag: ["Asset tag", "資產編號", "资产编号"],
  open: ["Open", "開啟", "打开"],
  recent: ["Recent devices", "最近的設備", "最近的设备"],
  no_recent: [
    "Devices you open are listed here, also offline.",
    "開啟過的設備會列在這裡，離線時也看得到。",
    "打开过的设备会列在这里，离线时也看得到。",
  ],
  no_such_tag: ["No device has this asset tag.", "沒有這個資產編號的設備。", "没有这个资产编号的设备。"],
  ring: ["Ring", "圈選", "圈选"],
  arrow: ["Arrow", "箭頭", "箭头"],
  freehand: ["Drawing", "手繪", "手绘"],
  text: ["Text", "文字", "文字"],
  label_3d: ["Label", "標示", "标示"],
  port: ["Port", "連接埠", "端口"],
});

/** Quantities as they are named in samples; an unknown one is shown as it is written. */
const quantities: Record<string, readonly [string, string, string]> = {
  cpu_load: ["CPU", "CPU", "CPU"],
  memory_used: ["Memory", "記憶體", "内存"],
  traffic_in: ["In", "流入", "流入"],
  traffic_out: ["Out", "流出", "流出"],
  errors: ["Errors", "錯誤", "错误"],
  temperature: ["Temperature", "溫度", "温度"],
  power: ["Power", "功率", "功率"],
  fan_speed: ["Fan", "風扇", "风扇"],
};
const tq = words(quantities);

export function quantityName(quantity: string, port: string): string {
  const name = quantity in quantities ? tq(quantity) : quantity.replaceAll("_", " ");
  return port ? `${port} ${name}` : name;
}
