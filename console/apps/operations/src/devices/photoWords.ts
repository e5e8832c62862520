/** Words of the reference photograph. */
import { words } from "@nearhand/ui";

export const t = words({
  intro: [
    "What this type looks like from straight ahead: marks hold on it even where no label and no tag is seen.",
    "此型號的正面外觀：即使看不到標籤與定位標，標註仍能固定在面板上。",
    "此型号的正面外观：即使看不到标签与定位标，标注仍能固定在面板上。",
  ],
  how: [
    "Photograph a labelled device of this type from straight ahead, with its label and both tags in the picture, sharp and without cables if you can.",
    "從正前方拍攝一台已貼標籤的同型號設備，讓標籤與兩個定位標都入鏡，畫面清晰，盡量不要有線纜。",
    "从正前方拍摄一台已贴标签的同型号设备，让标签与两个定位标都入镜，画面清晰，尽量不要有线缆。",
  ],
  none: ["No reference photograph yet", "尚無參考照片", "暂无参考照片"],
  upload: ["Choose a photograph", "選擇照片", "选择照片"],
  take: ["Take with the camera", "使用相機拍攝", "使用相机拍摄"],
  working: ["Laying the face flat…", "正在校正面板畫面…", "正在校正面板画面…"],
  seen: ["Found: {symbols}", "已找到：{symbols}", "已找到：{symbols}"],
  label: ["label", "標籤", "标签"],
  tag: ["tag {id}", "定位標 {id}", "定位标 {id}"],
  facts: [
    "{share} % of the face is known, to {ring} mm; photographs: {count}.",
    "已知面板的 {share} %，誤差 {ring} mm；照片 {count} 張。",
    "已知面板的 {share} %，误差 {ring} mm；照片 {count} 张。",
  ],
  check: [
    "Do the drawn ports lie on the ports of the photograph? Label and tags are left out: each device has its own.",
    "繪製的連接埠是否與照片中的一致？標籤與定位標已略去，因為每台設備各不相同。",
    "绘制的端口是否与照片中的一致？标签与定位标已略去，因为每台设备各不相同。",
  ],
  picture: ["The {side} from straight ahead, with its ports", "{side}正視圖與連接埠", "{side}正视图与端口"],
  showPorts: ["Show the ports", "顯示連接埠", "显示端口"],
  save: ["Keep it", "保存", "保存"],
  replace: ["Keep it instead", "取代原有照片", "替换原有照片"],
  fill: ["Fill up the gaps only", "僅補足缺少的部分", "仅补足缺少的部分"],
  retake: ["Take another", "重新拍攝", "重新拍摄"],
  remove: ["Remove", "移除", "移除"],
  removeAsk: [
    "Devices of this type are then found by their labels and tags alone.",
    "之後只能依標籤與定位標尋找此型號的設備。",
    "之后只能依标签与定位标查找此型号的设备。",
  ],
  kept: ["The reference photograph is kept", "已保存參考照片", "已保存参考照片"],
  removed: ["The reference photograph is removed", "已移除參考照片", "已移除参考照片"],
  shoot: ["Take the picture", "拍攝", "拍摄"],
  starting: ["Starting the camera…", "正在啟動相機…", "正在启动相机…"],
  noCamera: [
    "The camera cannot be used here: it is missing, in use, or not allowed. Choose a photograph instead.",
    "無法使用相機：沒有相機、正被占用或未獲允許。請改為選擇照片。",
    "无法使用相机：没有相机、正被占用或未获允许。请改为选择照片。",
  ],
});
