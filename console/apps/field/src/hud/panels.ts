/** Which panel is pulled up over the picture. */
import { signal } from "@preact/signals";

export type Panel = "sheet" | "talk" | "find" | "ask" | "still" | "me" | "picture" | null;
export type SheetTab = "now" | "history" | "manual" | "marks" | "talk";

export const panel = signal<Panel>(null);
export const sheetTab = signal<SheetTab>("now");

export function openSheet(tab: SheetTab): void {
  sheetTab.value = tab;
  panel.value = tab === "talk" ? "talk" : "sheet";
}

export function closePanel(): void {
  panel.value = null;
}

window.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closePanel();
});
