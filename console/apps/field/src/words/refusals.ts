/** Refusals in the person's own language: the service words them in English. */
import type { Refusal } from "@nearhand/contract";
import { language, words } from "@nearhand/ui";

const t = words({
  wrong_code: [
    "That code is wrong, or was used already.",
    "驗證碼不正確，或已使用過。",
    "验证码不正确，或已使用过。",
  ],
  wrong_passkey: ["That passkey is not known here.", "此處不認得該通行金鑰。", "此处不认得该通行密钥。"],
  took_too_long: ["That took too long. Start again.", "操作逾時，請重新開始。", "操作超时，请重新开始。"],
  link_dead: [
    "This link was used already, or has expired. Ask for a new one.",
    "此連結已使用過或已過期，請索取新的連結。",
    "此链接已使用过或已过期，请索取新的链接。",
  ],
  no_group: [
    "You are in no group that may use this service. Ask an administrator.",
    "您不屬於任何可使用此服務的群組，請洽管理員。",
    "您不属于任何可使用此服务的群组，请联系管理员。",
  ],
  account_off: [
    "Your account is switched off. Ask an administrator.",
    "您的帳號已停用，請洽管理員。",
    "您的账号已停用，请联系管理员。",
  ],
  provider_down: [
    "The single sign-on does not answer. Other ways still work.",
    "單一登入沒有回應，其他登入方式仍可使用。",
    "单点登录没有响应，其他登录方式仍可使用。",
  ],
  provider_refused: [
    "The single sign-on did not let you in.",
    "單一登入未允許您登入。",
    "单点登录未允许您登录。",
  ],
  wrong_pin: ["The PIN is wrong.", "PIN 碼不正確。", "PIN 码不正确。"],
  locked: ["This device is locked.", "此裝置已鎖定。", "此设备已锁定。"],
  confirm_first: ["Prove first that it is you.", "請先確認您的身分。", "请先确认您的身份。"],
  wrong: ["Name or password is wrong.", "名稱或密碼不正確。", "名称或密码不正确。"],
  forbidden: ["Your role does not allow this.", "您的角色無法執行此操作。", "您的角色无法执行此操作。"],
  gone: ["That is no longer there.", "該項目已不存在。", "该项目已不存在。"],
  too_many: ["Too many tries. Wait a moment.", "嘗試次數過多，請稍候。", "尝试次数过多，请稍候。"],
  quota: [
    "Too much was sent today. Try again tomorrow.",
    "今日傳送量已達上限，請明天再試。",
    "今日发送量已达上限，请明天再试。",
  ],
  full: ["This session takes no more pictures.", "此通話無法再接收圖片。", "此通话无法再接收图片。"],
  damaged: ["That file is damaged.", "該檔案已損毀。", "该文件已损坏。"],
  trouble: [
    "The service is in trouble. Try again in a moment.",
    "服務發生問題，請稍候再試。",
    "服务出现问题，请稍候再试。",
  ],
  expired: ["That picture is too old to draw on.", "該畫面已過期，無法標示。", "该画面已过期，无法标示。"],
  elsewhere: [
    "The session is about equipment now that is not yours.",
    "通話目前正在處理不屬於您的設備。",
    "通话目前正在处理不属于您的设备。",
  ],
  ended: ["The session has ended.", "通話已結束。", "通话已结束。"],
  refused: ["The service did not accept this.", "服務未接受此操作。", "服务未接受此操作。"],
});

const BY_CODE: Partial<Record<string, Parameters<typeof t>[0]>> = {
  wrong_credentials: "wrong",
  wrong_code: "wrong_code",
  wrong_passkey: "wrong_passkey",
  ticket_dead: "took_too_long",
  link_dead: "link_dead",
  no_group: "no_group",
  account_off: "account_off",
  provider_down: "provider_down",
  provider_refused: "provider_refused",
  provider_untrue: "provider_refused",
  wrong_pin: "wrong_pin",
  locked: "locked",
  confirm_first: "confirm_first",
  slow_down: "too_many",
  forbidden: "forbidden",
  not_permitted: "forbidden",
  not_found: "gone",
  too_many: "too_many",
  quota_exceeded: "quota",
  total_quota_exceeded: "full",
  file_damaged: "damaged",
  file_key_missing: "damaged",
  frame_expired: "expired",
  session_ended: "ended",
  elsewhere: "elsewhere",
};

/** Over REST a refusal has a status, in a live session it has none. */
type Said = Pick<Refusal, "code" | "title" | "detail"> & { status?: number };

/** Why something had no effect: in words of ours where there are any, else what the service says to those who read it. */
export function refusalText({ code, title, detail, status = 0 }: Said): string {
  const word = BY_CODE[code];
  if (word) return t(word);
  if (status >= 500) return t("trouble");
  return language.value === "en" ? detail || title : t("refused");
}
