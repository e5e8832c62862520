/** Say by what a mark is fixed: nobody must take a mark on a picture for one that follows the device. */
import { type Annotation, fixedBy } from "@nearhand/contract";
import { words } from "./i18n";

const t = words({
  symbols: ["fixed by label or tags", "依標籤或定位標記固定", "按标签或定位标记固定"],
  face_picture: ["fixed by the face's picture", "依面板照片固定", "按面板照片固定"],
  drawing: ["placed on the face drawing", "標在面板圖上", "标在面板图上"],
  face: ["fixed to the face", "固定在面板上", "固定在面板上"],
  still: ["on the still only", "只在靜止畫面上", "只在静止画面上"],
});

export function fixedText(mark: Annotation): string {
  return t(fixedBy(mark));
}
