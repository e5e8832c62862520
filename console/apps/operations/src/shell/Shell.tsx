/** The frame around every view: the ways to the others, the palette above all, and the wall followed beside. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { may, me } from "../access/identity";
import { watchWall } from "../wall/wall";
import { t } from "../words";
import { Palette } from "./Palette";
import { Rail } from "./Rail";

export function Shell({ children }: { children: ComponentChildren }) {
  const isPaletteOpen = useSignal(false);
  const isGuest = me.value?.session_id != null;
  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      isPaletteOpen.value = !isPaletteOpen.value;
    };
    addEventListener("keydown", open);
    return () => removeEventListener("keydown", open);
  }, []);
  useEffect(() => (may("sessions.list") ? watchWall() : undefined), [me.value]);
  if (isGuest) return <main id="content">{children}</main>;
  return (
    <div class="shell">
      <a class="skip" href="#content" onClick={() => document.getElementById("content")?.focus()}>
        {t("skip")}
      </a>
      <Rail onSearch={() => (isPaletteOpen.value = true)} />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {isPaletteOpen.value && <Palette onClose={() => (isPaletteOpen.value = false)} />}
    </div>
  );
}
