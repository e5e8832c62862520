/** Words of manuals. */
import { words } from "@nearhand/ui";

export const t = words({
  guides: ["Guides", "指引", "指引"],
  documents: ["Documents", "文件", "文档"],
  text: ["Text", "文字", "文本"],
  noGuides: ["No guide for this device yet", "此設備尚無指引", "此设备暂无指引"],
  noGuidesHint: [
    "Guides are written per device type or device and posted to /api/v1/guides.",
    "指引可為型號或單一設備撰寫，並送到 /api/v1/guides。",
    "指引可为型号或单台设备编写，并发送到 /api/v1/guides。",
  ],
  noDocuments: ["No documents yet.", "尚無文件。", "暂无文档。"],
  none: ["No guides yet", "尚無指引", "暂无指引"],
  upload: ["Upload a document", "上傳文件", "上传文档"],
  uploadHint: ["PDF, Markdown or a picture", "PDF、Markdown 或圖片", "PDF、Markdown 或图片"],
  uploading: ["Uploading…", "上傳中…", "上传中…"],
  steps: ["{count} steps", "{count} 個步驟", "{count} 个步骤"],
  caution: ["Caution", "注意", "注意"],
  proof: ["Done when", "完成條件", "完成条件"],
  ports: ["Ports", "連接埠", "端口"],
  now: ["now", "進行中", "进行中"],
  done: ["done", "已完成", "已完成"],
  page: ["Page {n} of {count}", "第 {n} / {count} 頁", "第 {n} / {count} 页"],
  previous: ["Previous page", "上一頁", "上一页"],
  next: ["Next page", "下一頁", "下一页"],
  download: ["Download", "下載", "下载"],
  forType: ["for {name}", "適用 {name}", "适用 {name}"],
});
