/** Canned phrases: one tap says them, and each reader sees them in their own language. */
import { words } from "../i18n";

const table = {
  cannot_hear: ["I hear nothing here. Please write.", "我這裡聽不見，請打字。", "我这里听不见，请打字。"],
  one_moment: ["One moment.", "請稍等。", "请稍等。"],
  done: ["Done.", "完成了。", "完成了。"],
  which_port: ["Which port?", "哪一個連接埠？", "哪一个端口？"],
  not_there: ["It is not there.", "那裡沒有。", "那里没有。"],
  light_green: ["The light is green.", "燈號是綠色。", "指示灯是绿色。"],
  light_amber: ["The light is amber.", "燈號是橘色。", "指示灯是橙色。"],
  light_off: ["The light is off.", "燈號不亮。", "指示灯不亮。"],
  look_now: ["Look now, please.", "請現在看。", "请现在看。"],
  come_closer: ["Come closer, please.", "請靠近一點。", "请靠近一点。"],
  hold_still: ["Hold still, please.", "請拿穩。", "请拿稳。"],
  show_rear: ["Show me the rear.", "請讓我看背面。", "请让我看背面。"],
  do_not_touch: ["Do not touch it yet.", "先不要碰。", "先不要碰。"],
  pull_slowly: ["Pull it out slowly.", "慢慢拔出來。", "慢慢拔出来。"],
  plug_back: ["Plug it back in.", "請插回去。", "请插回去。"],
  that_is_it: ["Yes, that is it.", "對，就是這個。", "对，就是这个。"],
  not_that_one: ["No, not that one.", "不，不是那個。", "不，不是那个。"],
  voice_note: ["Voice note", "語音訊息", "语音消息"],
} as const satisfies Record<string, readonly [string, string, string]>;

type PhraseId = keyof typeof table;

const t = words(table);

/** Those that are offered, in this order. */
export const PHRASES = (Object.keys(table) as PhraseId[]).filter((id) => id !== "voice_note");

/** In the reader's language; a phrase of a newer app as whoever said it read it. */
export function phraseText({ text, phrase }: { text: string; phrase?: string | null }): string {
  return phrase && Object.hasOwn(table, phrase) ? t(phrase as PhraseId) : text;
}
