/** Words of sites, locations and racks. */
import { words } from "@nearhand/ui";

export const t = words({
  title: ["Sites and racks", "站點與機櫃", "站点与机柜"],
  addSite: ["Add a site", "新增站點", "新增站点"],
  addLocation: ["Add a location", "新增位置", "新增位置"],
  addRack: ["Add a rack", "新增機櫃", "新增机柜"],
  name: ["Name", "名稱", "名称"],
  address: ["Address", "地址", "地址"],
  timezone: ["Time zone", "時區", "时区"],
  inside: ["Inside", "位於", "位于"],
  site: ["Site", "站點", "站点"],
  height: ["Height in U", "高度（U）", "高度（U）"],
  firstU: ["First U is", "起始 U 編號", "起始 U 编号"],
  countedFrom: ["Counted from", "編號方向", "编号方向"],
  bottom: ["the bottom", "由下往上", "由下往上"],
  top: ["the top", "由上往下", "由上往下"],
  none: ["No site yet", "尚無站點", "暂无站点"],
  noneHint: ["Begin with a site; locations and racks go inside it.", "先建立站點，再於其中建立位置與機櫃。", "先建立站点，再在其中建立位置与机柜。"], // prettier-ignore
  noRacks: ["No racks here yet.", "這裡還沒有機櫃。", "这里还没有机柜。"],
  racks: ["{count} racks", "{count} 個機櫃", "{count} 个机柜"],
  front: ["Front", "正面", "正面"],
  rear: ["Rear", "背面", "背面"],
  numbering: [
    "{height} U, numbered from {first}, counted from {side}",
    "{height} U，從 {first} 起，{side}",
    "{height} U，从 {first} 起，{side}",
  ],
  free: ["{count} U free", "{count} U 空閒", "{count} U 空闲"],
  unmounted: ["In this rack without a position", "在此機櫃但無 U 位", "在此机柜但无 U 位"],
  emptyRack: ["Nothing is mounted here yet", "尚未安裝任何設備", "尚未安装任何设备"],
  emptyRackHint: [
    "Edit a device and give it this rack and a U.",
    "編輯設備並指定此機櫃與 U 位。",
    "编辑设备并指定此机柜与 U 位。",
  ],
  labels: ["Print labels of this rack", "列印此機櫃的標籤", "打印此机柜的标签"],
  devices: ["Show as a table", "以表格顯示", "以表格显示"],
  fromBehind: ["seen from behind", "由背面觀看", "从背面观看"],
});
