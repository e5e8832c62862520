/** Words of the lock and of its pad. */
import { words } from "@nearhand/ui";

export const t = words({
  locked: ["Locked", "已鎖定", "已锁定"],
  enter_pin: ["Enter the PIN", "請輸入 PIN 碼", "请输入 PIN 码"],
  tries_left: ["{n} tries left", "還可嘗試 {n} 次", "还可尝试 {n} 次"],
  last_try: [
    "Last try; after it you sign in again",
    "最後一次機會，失敗後須重新登入",
    "最后一次机会，失败后须重新登录",
  ],
  needs_line: [
    "No connection. The service checks the PIN, so this stays locked until there is one.",
    "沒有連線。PIN 碼由服務驗證，恢復連線前會保持鎖定。",
    "没有连接。PIN 码由服务验证，恢复连接前会保持锁定。",
  ],
  digits_in: ["{n} of {all} digits", "已輸入 {n} 位，共 {all} 位", "已输入 {n} 位，共 {all} 位"],
  take_back: ["Delete the last digit", "刪除最後一位", "删除最后一位"],
  stay: ["Stay", "保持登入", "保持登录"],
  sign_out_device: [
    "Signed out, this device has to be set up again with a new code.",
    "登出後，此裝置須以新的代碼重新設定。",
    "退出后，此设备须用新的代码重新设置。",
  ],
  sign_out: ["Sign out", "登出", "退出登录"],
});
