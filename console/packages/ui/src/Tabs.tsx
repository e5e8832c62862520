/** Tabs: arrow keys move, the panel below belongs to the chosen one. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export interface Tab<Key extends string> {
  key: Key;
  label: string;
  badge?: string | number | undefined;
}

interface TabsProps<Key extends string> {
  label: string;
  tabs: readonly Tab<Key>[];
  chosen: Key;
  onChoose: (key: Key) => void;
  children: ComponentChildren;
}

export function Tabs<Key extends string>({ label, tabs, chosen, onChoose, children }: TabsProps<Key>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  // On a narrow screen the row scrolls: the chosen tab is brought in, with an edge of its neighbours.
  useEffect(() => {
    const row = list.current;
    const tab = row?.querySelector<HTMLElement>("[aria-selected=true]");
    if (row && tab)
      row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }, [chosen]);
  const step = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    const index = tabs.findIndex((tab) => tab.key === chosen);
    const next = (index + by + tabs.length) % tabs.length;
    onChoose(tabs[next]!.key);
    list.current?.querySelectorAll("button")[next]?.focus();
  };
  return (
    <div class="ui-tabs">
      <div ref={list} role="tablist" aria-label={label} onKeyDown={step}>
        {tabs.map((tab) => (
          <button
            key={tab.key}
            type="button"
            role="tab"
            id={`${id}-${tab.key}`}
            aria-selected={tab.key === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={tab.key === chosen ? 0 : -1}
            data-testid={`tab-${tab.key}`}
            onClick={() => onChoose(tab.key)}
          >
            {tab.label}
            {tab.badge !== undefined && <span class="ui-badge">{tab.badge}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`} class="ui-tab-panel">
        {children}
      </div>
    </div>
  );
}
