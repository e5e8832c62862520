/** Words about what of a picture is hidden. */
import { words } from "@nearhand/ui";

export const t = words({
  masked: ["Masked: only the device is shown", "已遮蔽：僅顯示此設備", "已遮蔽：仅显示此设备"],
  maskedWhole: [
    "All of it is masked: the device was not recognised",
    "整張畫面已遮蔽：未辨識到設備",
    "整张画面已遮蔽：未识别到设备",
  ],
  unmasked: [
    "Not masked: the site asks to hide what is beside the device",
    "未遮蔽：此站點要求隱藏設備旁的其他內容",
    "未遮蔽：此站点要求隐藏设备旁的其他内容",
  ],
  maskedHint: [
    "The phone hides the rest before it sends the picture",
    "手機在傳送前已隱藏其餘部分",
    "手机在发送前已隐藏其余部分",
  ],
  unmaskedHint: ["The line shows what would be left", "線框內為會保留的部分", "线框内为会保留的部分"],
});
