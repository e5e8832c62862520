/** Words of asking for help and of the talk. */
import { words } from "@nearhand/ui";

export const t = words({
  ask_about: ["About {name}", "關於 {name}", "关于 {name}"],
  ask_no_device: [
    "No device chosen yet; that can follow.",
    "尚未選擇設備，可以稍後再選。",
    "尚未选择设备，可以稍后再选。",
  ],
  ask_subject: ["What is wrong? (optional)", "發生什麼問題？（可不填）", "发生什么问题？（可不填）"],
  ask_send: ["Call an expert", "呼叫專家", "呼叫专家"],
  leave: ["Leave", "離開", "离开"],
  end: ["End session", "結束通話", "结束通话"],
  end_sure: ["End it for everyone?", "要為所有人結束嗎？", "要为所有人结束吗？"],
  keep_on: ["Keep on", "繼續", "继续"],
  signals: ["Signals", "訊號", "信号"],
  approvals: ["Customer's approval", "客戶核准", "客户批准"],
  approval_what: ["What is to be done?", "要進行什麼操作？", "要进行什么操作？"],
  approval_ask: ["Ask the customer", "請求核准", "请求批准"],
  approval_waits: ["Waiting for the customer", "等待客戶回覆", "等待客户答复"],
  approved: ["Approved", "已核准", "已批准"],
  refused: ["Refused", "已拒絕", "已拒绝"],
  chat: ["Chat", "對話", "对话"],
  say: ["Say something", "說點什麼", "说点什么"],
  send: ["Send", "送出", "发送"],
  line_sending: ["Sending…", "傳送中…", "发送中…"],
  line_waiting: ["Not sent yet · no link", "尚未送出 · 沒有連線", "尚未发送 · 没有连接"],
  no_chat: ["Nothing said yet.", "還沒有訊息。", "还没有消息。"],
  you: ["You", "您", "您"],
});
