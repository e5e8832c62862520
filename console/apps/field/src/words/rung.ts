/** Words of how live pictures go out, and of the data that the session takes on this phone. */
import { words } from "@nearhand/ui";

export const t = words({
  open: [
    "Live picture: {now}. Data used: {used}. Change.",
    "即時畫面：{now}。已用流量：{used}。變更。",
    "实时画面：{now}。已用流量：{used}。更改。",
  ],
  open_data: ["Data used: {used}. Change.", "已用流量：{used}。變更。", "已用流量：{used}。更改。"],
  auto_hint: ["The best picture that arrives in time", "能及時送達的最佳畫面", "能及时送达的最佳画面"],
  hint_1: ["Direct, about 20 MB each minute", "直接連線，每分鐘約 20 MB", "直接连接，每分钟约 20 MB"],
  hint_2: ["Direct, about 4 MB each minute", "直接連線，每分鐘約 4 MB", "直接连接，每分钟约 4 MB"],
  hint_3: [
    "Through the service, as fine as its line allows",
    "經由服務傳送，畫質依連線而定",
    "经由服务传送，画质按连接而定",
  ],
  hint_4: [
    "One sharp picture of the device every few seconds",
    "每隔幾秒一張設備的清晰畫面",
    "每隔几秒一张设备的清晰画面",
  ],
  hint_5: [
    "Only what the expert asks for, and marks and words",
    "僅專家要求的畫面，以及標示與文字",
    "仅专家要求的画面，以及标示与文字",
  ],
  asked_hint: [
    "The expert asked for this. Choose another to overrule.",
    "這是專家的要求。選擇其他項目即可改變。",
    "这是专家的要求。选择其他项目即可更改。",
  ],
  spent_hint: [
    "This session has had as many bytes of live pictures as it may. Stills go on.",
    "此通話的即時畫面流量已用完，靜止畫面照常傳送。",
    "此通话的实时画面流量已用完，静止画面照常发送。",
  ],
  budget_hint: [
    "The data budget is used up, and stands above what is chosen here.",
    "流量預算已用完，優先於此處的選擇。",
    "流量预算已用完，优先于此处的选择。",
  ],
  data: ["Data in this session", "此通話的流量", "此通话的流量"],
  data_used: ["{used} on this phone so far", "此手機目前已用 {used}", "此手机目前已用 {used}"],
  data_hint: [
    "Everything of the session, both ways. What the network itself adds is not counted: some 5 to 10 % more.",
    "包含此通話的所有上下行資料；不含網路本身的額外開銷（約多 5 至 10 %）。",
    "包含此通话的所有上下行数据；不含网络本身的额外开销（约多 5 至 10 %）。",
  ],
  budget: ["Data budget of a session", "每次通話的流量預算", "每次通话的流量预算"],
  budget_text: [
    "Once it is used up, pictures go out only when asked for. Marks, words and voice always go on.",
    "用完後僅在要求時傳送畫面。標示、文字與語音始終照常。",
    "用完后仅在要求时发送画面。标示、文字与语音始终照常。",
  ],
  no_budget: ["No limit", "不限", "不限"],
  near: ["Data budget: {used} used.", "流量預算：已用 {used}。", "流量预算：已用 {used}。"],
  over: [
    "Data budget of {budget} used up. Pictures go out only when asked for; marks, words and voice go on.",
    "{budget} 流量預算已用完。僅在要求時傳送畫面；標示、文字與語音照常。",
    "{budget} 流量预算已用完。仅在要求时发送画面；标示、文字与语音照常。",
  ],
  raise: ["Allow {budget}", "提高到 {budget}", "提高到 {budget}"],
  raise_all: ["No limit", "不限流量", "不限流量"],
  leave: ["Leave it so", "維持現狀", "保持现状"],
});
