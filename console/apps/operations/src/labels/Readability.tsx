/** The hint beside a label: from how far a phone will read it. */
import { reach_mm } from "./readable";
import { t } from "./words";

export function Readability({ text, size_mm }: { text: string; size_mm: number }) {
  const cm = (width_px: number) => Math.floor(reach_mm(text, size_mm, width_px) / 10);
  return <p class="hint soft">{t("readable", { size: size_mm, near: cm(1280), far: cm(1920) })}</p>;
}
