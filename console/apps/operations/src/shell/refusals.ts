/** Refusals in the person's own language: the service words them in English, and names each by a code. */
import { language, words } from "@nearhand/ui";

const table = {
  asset_tag_taken: ["Another device has this asset tag", "另一台設備已使用此資產編號", "另一台设备已使用此资产编号"],
  being_answered: ["The same request is being answered just now; try again in a moment", "相同的要求正在處理中，請稍候再試", "相同的请求正在处理中，请稍候再试"],
  conflict: ["This conflicts with what is already there", "與現有內容衝突", "与现有内容冲突"],
  document_broken: ["The PDF is damaged and cannot be read", "PDF 已損毀，無法讀取", "PDF 已损坏，无法读取"],
  document_encrypted: ["The PDF needs a password; upload it without", "PDF 有密碼保護，請移除密碼後再上傳", "PDF 有密码保护，请移除密码后再上传"],
  does_not_fit: ["It does not fit into the rack", "放不進這個機櫃", "放不进这个机柜"],
  forbidden: ["Your role does not allow this", "您的角色無法執行此操作", "您的角色无法执行此操作"],
  internal: ["Something went wrong in the service", "服務發生錯誤", "服务出现错误"],
  invalid: ["Something is not filled in right", "填寫內容有誤", "填写内容有误"],
  key_reused: ["This was sent before with other content; reload the page", "先前已用不同內容送出，請重新載入頁面", "先前已用不同内容发送，请重新加载页面"],
  name_taken: ["This name is taken", "此名稱已被使用", "此名称已被使用"],
  not_found: ["There is no such thing here", "找不到這個項目", "找不到这个项目"],
  not_permitted: ["Your role does not allow this", "您的角色無法執行此操作", "您的角色无法执行此操作"],
  nothing_to_go_by: ["No label or tag of such a device is seen well enough in the picture", "照片中看不清這種設備的標籤或定位標", "照片中看不清这种设备的标签或定位标"],
  position_taken: ["Another device is mounted there", "該位置已安裝其他設備", "该位置已安装其他设备"],
  session_ended: ["The session has ended", "連線已結束", "会话已结束"],
  shows_another_face: ["The picture shows a device of another type, or its other side", "照片顯示的是其他型號的設備，或設備的另一面", "照片显示的是其他型号的设备，或设备的另一面"],
  stale: ["Somebody changed this after you read it", "您讀取後已有人修改", "您读取后已有人修改"],
  still_in_use: ["Something still uses this", "仍有項目使用中", "仍有项目在使用"],
  storage_full: ["There is no room left for files; nothing was kept", "儲存空間已滿，檔案未保存", "存储空间已满，文件未保存"],
  symbols_disagree: ["Label and tags do not belong together: one is on the wrong device", "標籤與定位標不屬於同一台設備", "标签与定位标不属于同一台设备"],
  too_large: ["This is larger than the limit", "超過大小上限", "超过大小上限"],
  too_little_known: ["Too little of the face is seen well enough in the picture", "照片中能看清的面板範圍太小", "照片中能看清的面板范围太小"],
  too_many: ["Too many tries; wait a moment", "嘗試次數過多，請稍候", "尝试次数过多，请稍候"],
  unauthenticated: ["Sign in first", "請先登入", "请先登录"],
  unavailable: ["Not possible just now; nothing was lost, try again", "目前無法執行，資料未遺失，請重試", "目前无法执行，数据未丢失，请重试"],
  unknown_session: ["There is no such session", "沒有這場連線", "没有这场会话"],
  unreadable_import: ["The file cannot be read as a table", "無法以表格讀取此檔案", "无法以表格读取此文件"],
  unsupported_type: ["This kind of content is not accepted", "不接受這種內容", "不接受这种内容"],
  user_name_taken: ["Somebody has this sign-in name", "此帳號已被使用", "此账号已被使用"],
} as const; // prettier-ignore
const t = words(table);

/** What the code says; a code without words of ours by its status, so that no English stands in a Chinese page. */
export function refusalTitle({
  code,
  status,
  title,
}: {
  code: string;
  status: number;
  title: string;
}): string {
  if (code in table) return t(code as keyof typeof table);
  if (language.value === "en") return title;
  if (status >= 500) return t(status === 503 ? "unavailable" : "internal");
  const byStatus = { 401: "unauthenticated", 403: "forbidden", 404: "not_found", 409: "conflict", 413: "too_large", 415: "unsupported_type", 429: "too_many" } as const; // prettier-ignore
  return t(byStatus[status as keyof typeof byStatus] ?? "invalid");
}

/** The service's own sentence, for those who read it. */
export const refusalDetail = (detail: string): string => (language.value === "en" ? detail : "");
