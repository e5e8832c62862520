/** Words of recording at the desk. */
import { words } from "@nearhand/ui";

export const t = words({
  record: ["Record", "錄製", "录制"],
  recordHint: [
    "Asks everybody here first; nothing is recorded before all have agreed.",
    "會先詢問在場所有人，全部同意後才開始錄製。",
    "会先询问在场所有人，全部同意后才开始录制。",
  ],
  refusedBy: ["{name} does not agree to be recorded.", "{name} 不同意錄製。", "{name} 不同意录制。"],
  stoppedBy: ["{name} stopped the recording.", "{name} 已停止錄製。", "{name} 已停止录制。"],
  waiting: ["{count} pieces are not saved yet", "{count} 段尚未儲存", "{count} 段尚未保存"],
  lost: ["{count} pieces are lost", "遺失 {count} 段", "丢失 {count} 段"],
  full: [
    "The service has no room left: the recording waits here, the session goes on",
    "服務的儲存空間已滿：錄製內容暫存於此，通話照常",
    "服务的存储空间已满：录制内容暂存于此，通话照常",
  ],
});
