/** Words of what others see of the picture. */
import { words } from "@nearhand/ui";

export const t = words({
  masked: ["Others see only this device", "其他人只看得到此設備", "其他人只能看到此设备"],
  whole: [
    "Others see a blur: point at the device's label",
    "其他人只看到模糊畫面：請對準設備標籤",
    "其他人只看到模糊画面：请对准设备标签",
  ],
  unmasked: [
    "Others see all of it: the site asks to hide neighbours",
    "其他人看得到全部：此站點要求隱藏鄰近設備",
    "其他人能看到全部：此站点要求隐藏相邻设备",
  ],
});
