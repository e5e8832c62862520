/** A panel pulled up over the picture; swiped down, Escape or its button closes it. */
import { Icon } from "@nearhand/ui";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../words/hud";
import { x } from "./icons";
import { closePanel } from "./panels";

const SWIPE_PX = 70;

interface PanelProps {
  title: string;
  tabs?: ComponentChildren;
  isHigh?: boolean;
  children: ComponentChildren;
}

export function Panel({ title, tabs, isHigh = false, children }: PanelProps) {
  const box = useRef<HTMLElement>(null);
  const from = useRef<number | null>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.focus({ preventScroll: true });
    return () => before?.focus();
  }, []);
  return (
    <section
      ref={box}
      class={`panel ${isHigh ? "is-tall" : ""}`}
      role="dialog"
      aria-label={title}
      tabIndex={-1}
    >
      <header
        onPointerDown={(event) => (from.current = event.clientY)}
        onPointerUp={(event) => {
          if (from.current !== null && event.clientY - from.current > SWIPE_PX) closePanel();
          from.current = null;
        }}
      >
        <i class="grip" aria-hidden="true" />
        <div class="panel-head">
          {tabs ?? <h2>{title}</h2>}
          <button type="button" class="close" aria-label={t("close")} onClick={closePanel}>
            <Icon svg={x} size={24} />
          </button>
        </div>
      </header>
      <div class="panel-body">{children}</div>
    </section>
  );
}
