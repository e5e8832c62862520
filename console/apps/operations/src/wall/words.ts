/** Words of the wall. */
import { words } from "@nearhand/ui";

export const t = words({
  title: ["Wall", "看板", "看板"],
  openCount: ["{count} open", "{count} 場進行中", "{count} 场进行中"],
  ringingCount: ["{count} ringing", "{count} 場呼叫中", "{count} 场呼叫中"],
  ringing: ["Asks for help", "請求協助", "请求协助"],
  open: ["In progress", "進行中", "进行中"],
  takeOver: ["Take it", "接手", "接手"],
  look: ["Open", "開啟", "打开"],
  mute: ["Mute the bell", "關閉鈴聲", "关闭铃声"],
  unmute: ["Ring on calls for help", "有人求助時響鈴", "有人求助时响铃"],
  noStill: ["No picture yet", "尚無畫面", "暂无画面"],
  noSubject: ["Asks for help", "請求協助", "请求协助"],
  helped: ["{names} helps", "{names} 協助中", "{names} 协助中"],
  waiting: ["Nobody helps yet", "尚無人協助", "暂无人协助"],
  by: ["from {name}", "來自 {name}", "来自 {name}"],
  empty: ["All quiet", "一切平靜", "一切平静"],
  emptyHint: [
    "When a technician taps Help in the field app, their session appears here and rings.",
    "技術員在現場應用點選「求助」後，這次通話會出現在這裡並響鈴。",
    "技术员在现场应用点击“求助”后，通话会出现在这里并响铃。",
  ],
  openField: ["Open the field app", "開啟現場應用", "打开现场应用"],
});
