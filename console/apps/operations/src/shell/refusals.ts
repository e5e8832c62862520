/** Refusals in the person's own language: the service words them in English, and names each by a code. */
import { language, words } from "@nearhand/ui";

const table = {
  account_off: ["Your account is switched off here; ask an administrator", "您的帳號已停用，請洽管理員", "您的账号已停用，请联系管理员"],
  already_redacted: ["The details of this entry were redacted before", "此紀錄的細節先前已遮蔽", "此记录的细节先前已遮蔽"],
  asset_tag_taken: ["Another device has this asset tag", "另一台設備已使用此資產編號", "另一台设备已使用此资产编号"],
  being_answered: ["The same request is being answered just now; try again in a moment", "相同的要求正在處理中，請稍候再試", "相同的请求正在处理中，请稍候再试"],
  confirm_first: ["Prove again that it is you", "請再次確認是您本人", "请再次确认是您本人"],
  conflict: ["This conflicts with what is already there", "與現有內容衝突", "与现有内容冲突"],
  document_broken: ["The PDF is damaged and cannot be read", "PDF 已損毀，無法讀取", "PDF 已损坏，无法读取"],
  document_encrypted: ["The PDF needs a password; upload it without", "PDF 有密碼保護，請移除密碼後再上傳", "PDF 有密码保护，请移除密码后再上传"],
  does_not_fit: ["It does not fit into the rack", "放不進這個機櫃", "放不进这个机柜"],
  email_taken: ["Another account has this e-mail address", "此電子郵件地址已被其他帳號使用", "此电子邮件地址已被其他账号使用"],
  file_damaged: ["This file was changed on the disk since it was kept", "此檔案在磁碟上已被更動", "此文件在磁盘上已被改动"],
  file_key_missing: ["The service lacks the key to this file", "服務沒有此檔案的金鑰", "服务没有此文件的密钥"],
  forbidden: ["Your role does not allow this", "您的角色無法執行此操作", "您的角色无法执行此操作"],
  grant_too_wide: ["Nobody gives more than they hold", "無法授予超出自身的權限", "无法授予超出自身的权限"],
  identity_taken: ["You have an account here already; sign in without the invitation", "您已有帳號，請直接登入，不需使用邀請", "您已有账号，请直接登录，无需使用邀请"],
  internal: ["Something went wrong in the service", "服務發生錯誤", "服务出现错误"],
  invalid: ["Something is not filled in right", "填寫內容有誤", "填写内容有误"],
  key_reused: ["This was sent before with other content; reload the page", "先前已用不同內容送出，請重新載入頁面", "先前已用不同内容发送，请重新加载页面"],
  last_factor: ["Without it nobody could sign in to this account, or not as its role demands", "移除後此帳號將無法登入，或不符合角色要求", "移除后此账号将无法登录，或不符合角色要求"],
  led_by_provider: ["The single sign-on lets this account in and gives its rights; change it there", "此帳號由單一登入管理，請在該處變更", "此账号由单点登录管理，请在该处更改"],
  ledger_unavailable: ["This cannot be put on record just now, so it is not done; try again", "目前無法記入稽核，操作未執行，請重試", "目前无法记入审计，操作未执行，请重试"],
  link_dead: ["This link is unknown, was used, or has expired; ask for a new one", "連結不存在、已使用或已過期，請索取新連結", "链接不存在、已使用或已过期，请索取新链接"],
  locked: ["This device is locked; unlock it with its PIN", "裝置已鎖定，請以 PIN 解鎖", "设备已锁定，请用 PIN 解锁"],
  name_taken: ["This name is taken", "此名稱已被使用", "此名称已被使用"],
  no_beginning: ["The beginning of this recording has not come; without it nothing plays", "錄製內容的開頭尚未送達，無法播放", "录制内容的开头尚未送达，无法播放"],
  no_entry: ["There is no such entry in the ledger", "稽核紀錄中沒有這一筆", "审计记录中没有这一条"],
  no_group: ["You are in no group that may use this service; ask an administrator", "您不屬於任何可使用此服務的群組，請洽管理員", "您不属于任何可使用此服务的群组，请联系管理员"],
  no_passkeys_here: ["Passkeys need a service with a name and HTTPS", "通行金鑰需要有網域名稱與 HTTPS 的服務", "通行密钥需要有域名与 HTTPS 的服务"],
  no_provider: ["This service has no single sign-on", "此服務未設定單一登入", "此服务未设置单点登录"],
  no_sign_out_there: ["The single sign-on has no sign-out of its own", "單一登入沒有自己的登出", "单点登录没有自己的退出"],
  no_video_tools: ["This service makes no videos; ask whoever runs it to install its extra “video”", "此服務未安裝影片製作元件「video」，請洽維運人員", "此服务未安装视频制作组件“video”，请联系运维人员"],
  not_a_person: ["A service signs in with tokens only", "服務帳號只能以權杖登入", "服务账号只能用令牌登录"],
  not_a_service: ["People make their tokens themselves", "個人須自行建立權杖", "个人须自行创建令牌"],
  not_found: ["There is no such thing here", "找不到這個項目", "找不到这个项目"],
  not_permitted: ["Your role does not allow this", "您的角色無法執行此操作", "您的角色无法执行此操作"],
  nothing_to_go_by: ["No label or tag of such a device is seen well enough in the picture", "照片中看不清這種設備的標籤或定位標", "照片中看不清这种设备的标签或定位标"],
  own_account: ["Nobody changes their own grants, or switches themselves off", "無法更改自己的權限或停用自己", "无法更改自己的权限或停用自己"],
  password_too_easy: ["Others guess this password first: many people have it, or it is made of known words", "這個密碼太容易猜到：很多人使用，或由已知的字詞組成", "这个密码太容易猜到：很多人使用，或由已知的字词组成"],
  position_taken: ["Another device is mounted there", "該位置已安裝其他設備", "该位置已安装其他设备"],
  provider_down: ["The single sign-on does not answer; other ways to sign in still work", "單一登入沒有回應，其他登入方式仍可使用", "单点登录没有响应，其他登录方式仍可使用"],
  provider_refused: ["The single sign-on did not let you in", "單一登入未允許您登入", "单点登录未允许您登录"],
  provider_untrue: ["What the single sign-on sent is not what was asked for; nobody was let in", "單一登入的回覆不符，未登入任何人", "单点登录的回复不符，未登录任何人"],
  quota_exceeded: ["Too many bytes were sent today on this account", "此帳號今日傳送量已達上限", "此账号今日发送量已达上限"],
  recording_unreadable: ["Nothing of this recording can be played", "此錄製內容無法播放", "此录制内容无法播放"],
  scope_too_wide: ["A token holds no more than its account", "權杖的權限不能超過帳號", "令牌的权限不能超过账号"],
  session_ended: ["The session has ended", "通話已結束", "通话已结束"],
  shows_another_face: ["The picture shows a device of another type, or its other side", "照片顯示的是其他型號的設備，或設備的另一面", "照片显示的是其他型号的设备，或设备的另一面"],
  sign_in_wanted: ["This needs somebody who signed in, not a token or a link", "此操作需要登入，不能使用權杖或連結", "此操作需要登录，不能使用令牌或链接"],
  slow_down: ["Too many wrong tries for this account; wait a while", "此帳號錯誤次數過多，請稍候", "此账号错误次数过多，请稍候"],
  stale: ["Somebody changed this after you read it", "您讀取後已有人修改", "您读取后已有人修改"],
  still_in_use: ["Something still uses this", "仍有項目使用中", "仍有项目在使用"],
  storage_full: ["There is no room left for files; nothing was kept", "儲存空間已滿，檔案未保存", "存储空间已满，文件未保存"],
  symbols_disagree: ["Label and tags do not belong together: one is on the wrong device", "標籤與定位標不屬於同一台設備", "标签与定位标不属于同一台设备"],
  ticket_dead: ["This took too long, or was done already; start again", "逾時或已完成，請重新開始", "超时或已完成，请重新开始"],
  too_large: ["This is larger than the limit", "超過大小上限", "超过大小上限"],
  too_little_known: ["Too little of the face is seen well enough in the picture", "照片中能看清的面板範圍太小", "照片中能看清的面板范围太小"],
  too_many: ["Too many tries; wait a moment", "嘗試次數過多，請稍候", "尝试次数过多，请稍候"],
  too_many_of_them: ["This account has as many of these as it may; remove one first", "數量已達上限，請先移除一個", "数量已达上限，请先移除一个"],
  too_many_videos: ["Other videos are being made just now; try again in some minutes", "目前正在製作其他影片，請稍後再試", "目前正在制作其他视频，请稍后再试"],
  total_quota_exceeded: ["This session takes no more pictures", "這次通話無法再接收圖片", "这次通话无法再接收图片"],
  unauthenticated: ["Sign in first", "請先登入", "请先登录"],
  unavailable: ["Not possible just now; nothing was lost, try again", "目前無法執行，資料未遺失，請重試", "目前无法执行，数据未丢失，请重试"],
  unknown_place: ["A grant names a tenant, site or rack that is not there", "權限指定的租戶、站點或機櫃不存在", "权限指定的租户、站点或机柜不存在"],
  unknown_session: ["There is no such session", "沒有這次通話", "没有这次通话"],
  unreadable_import: ["The file cannot be read as a table", "無法以表格讀取此檔案", "无法以表格读取此文件"],
  unsupported_type: ["This kind of content is not accepted", "不接受這種內容", "不接受这种内容"],
  user_name_taken: ["Somebody has this sign-in name", "此帳號已被使用", "此账号已被使用"],
  wrong_code: ["The code is wrong, or was used already", "代碼錯誤或已使用過", "代码错误或已使用过"],
  wrong_credentials: ["The password is wrong", "密碼不正確", "密码不正确"],
  wrong_passkey: ["The passkey is not known here, or its answer is not for us", "此處不認得這個通行金鑰", "此处不认识这个通行密钥"],
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
