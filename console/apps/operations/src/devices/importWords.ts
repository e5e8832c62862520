/** Words of the import. */
import { words } from "@nearhand/ui";

export const t = words({
  title: ["Import devices", "匯入設備", "导入设备"],
  hint: [
    "A trial run comes first: nothing is written until every row is right.",
    "先試跑：每一列都正確前不會寫入任何資料。",
    "先试运行：每一行都正确前不会写入任何数据。",
  ],
  drop: [
    "Drop a CSV or JSON file here, or choose one",
    "將 CSV 或 JSON 檔拖到這裡，或點選選擇",
    "将 CSV 或 JSON 文件拖到这里，或点击选择",
  ],
  dropHint: [
    "The columns are those of the export: asset_tag, name, serial, type, site, rack, position_u …",
    "欄位與匯出檔相同：asset_tag、name、serial、type、site、rack、position_u …",
    "列与导出文件相同：asset_tag、name、serial、type、site、rack、position_u …",
  ],
  sending: ["Sending…", "傳送中…", "发送中…"],
  progress: ["{done} of {total} rows", "{done} / {total} 列", "{done} / {total} 行"],
  rows: ["Rows", "列數", "行数"],
  created: ["New", "新增", "新增"],
  updated: ["Changed", "變更", "变更"],
  unchanged: ["Unchanged", "未變", "未变"],
  faults: ["Faults", "錯誤", "错误"],
  faultsHint: [
    "Mend these rows and drop the file again. Nothing was written.",
    "請修正這些列後重新拖入檔案。尚未寫入任何資料。",
    "请修正这些行后重新拖入文件。尚未写入任何数据。",
  ],
  findingsHint: [
    "To see to after the moves ({count}):",
    "移動後需處理（{count}）：",
    "移动后需处理（{count}）：",
  ],
  moreFaults: ["… and {count} more.", "…… 還有 {count} 項。", "…… 还有 {count} 项。"],
  row: ["Row", "列", "行"],
  field: ["Field", "欄位", "字段"],
  problem: ["What is wrong", "問題", "问题"],
  import: ["Import {count} rows", "匯入 {count} 列", "导入 {count} 行"],
  done: [
    "Imported: {created} new, {updated} changed.",
    "已匯入：新增 {created}，變更 {updated}。",
    "已导入：新增 {created}，变更 {updated}。",
  ],
  seeDevices: ["See the devices", "查看設備", "查看设备"],
});
