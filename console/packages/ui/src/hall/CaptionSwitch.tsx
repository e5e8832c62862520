/** Switch captions of one's own words on; where only a recogniser elsewhere could do it, say so and offer nothing. */
import { captionAbility, type CaptionAbility } from "@nearhand/live/hall";
import captions from "lucide-static/icons/captions.svg?raw";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../Icon";
import { language, words } from "../i18n";

const t = words({
  on: ["Captions of what I say", "顯示我說話的字幕", "显示我说话的字幕"],
  off: ["Captions on · tap to stop", "字幕已開啟 · 輕觸關閉", "字幕已开启 · 轻触关闭"],
  download: [
    "Captions of what I say (a language pack comes first)",
    "顯示我說話的字幕（需先下載語言）",
    "显示我说话的字幕（需先下载语言）",
  ],
  elsewhere: [
    "This browser understands speech only by sending it to another company, so captions are not offered.",
    "此瀏覽器只能將語音傳送給其他公司辨識，因此不提供字幕。",
    "此浏览器只能将语音发送给其他公司识别，因此不提供字幕。",
  ],
});

interface CaptionSwitchProps {
  readonly isOn: boolean;
  readonly toggle: (language: string) => void;
}

export function CaptionSwitch({ isOn, toggle }: CaptionSwitchProps) {
  const [ability, setAbility] = useState<CaptionAbility>("none");
  const spoken = SPOKEN[language.value];
  useEffect(() => {
    let isGone = false;
    void captionAbility(spoken).then((found) => !isGone && setAbility(found));
    return () => void (isGone = true);
  }, [spoken]);
  if (ability === "none") return null;
  if (ability === "elsewhere")
    return (
      <p class="ui-captions-none" data-testid="captions-none">
        {t("elsewhere")}
      </p>
    );
  return (
    <button
      type="button"
      class="ui-note-record"
      aria-pressed={isOn}
      data-testid="captions-switch"
      onClick={() => toggle(spoken)}
    >
      <Icon svg={captions} size={24} />{" "}
      <span>{t(isOn ? "off" : ability === "download" ? "download" : "on")}</span>
    </button>
  );
}

/** As speech is tagged. */
const SPOKEN = { en: "en-US", "zh-Hant": "zh-TW", "zh-Hans": "zh-CN" } as const;
