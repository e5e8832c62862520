/** The one-word signals in each language: whoever gives one and whoever gets it must read the same word. */
import { words } from "./i18n";

export const signalWord = words({
  stop: ["STOP", "停", "停"],
  wait: ["WAIT", "等一下", "等一下"],
  go: ["GO", "繼續", "继续"],
  pull: ["PULL", "拔出", "拔出"],
  which: ["WHICH?", "哪一個？", "哪一个？"],
});
