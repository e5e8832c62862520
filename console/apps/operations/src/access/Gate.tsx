/** The card that stands before the console: who one is, or what a link is for. */
import type { ComponentChildren } from "preact";
import { LanguageSwitch, ThemeSwitch } from "../shell/Switches";

export function Gate({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="gate">
      <div class="gate-card">
        <h1>{title}</h1>
        {children}
        <footer>
          <LanguageSwitch />
          <ThemeSwitch />
        </footer>
      </div>
    </main>
  );
}
