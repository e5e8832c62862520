/** Dark or light: what was chosen on this machine, else what the system prefers. */
import { signal } from "@preact/signals";

export type Theme = "dark" | "light";
export const theme = signal<Theme>("dark");

const STORED = "nearhand.theme";

export function restoreTheme(): void {
  const prefersLight = matchMedia("(prefers-color-scheme: light)").matches;
  const stored = localStorage.getItem(STORED);
  show(stored === "dark" || stored === "light" ? stored : prefersLight ? "light" : "dark");
}

export function setTheme(next: Theme): void {
  localStorage.setItem(STORED, next);
  show(next);
}

function show(next: Theme): void {
  theme.value = next;
  document.documentElement.dataset["theme"] = next;
}
