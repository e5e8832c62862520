/** Everything that happened, one line each, to go to; of a long list only what is in view is drawn. */
import { clock, Icon, SelectField } from "@nearhand/ui";
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Player } from "./player";
import { says } from "./says";
import { LANES, upTo, type Lane } from "./tale";
import { t } from "./words";

const ROW_PX = 40;
const SPARE_ROWS = 6;

export function Happened({ player }: { player: Player }) {
  const { tale } = player;
  const kind = useSignal<Lane | "">("");
  const scroll = useSignal(0);
  const height = useSignal(600);
  const box = useRef<HTMLDivElement>(null);
  const rows = useComputed(() => tale.moments.filter(({ lane }) => !kind.value || lane === kind.value));
  const current = useComputed(() => upTo(rows.value.map(({ t_ms }) => t_ms), player.t_ms.value) - 1); // prettier-ignore
  const people = useComputed(() => tale.fold.after(tale.events.length));
  useEffect(() => {
    const observer = new ResizeObserver(() => (height.value = box.current?.clientHeight ?? 600));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => bringIntoView(box.current!, current.value), [current.value, kind.value]);
  const from = Math.max(0, Math.floor(scroll.value / ROW_PX) - SPARE_ROWS);
  const until = Math.ceil((scroll.value + height.value) / ROW_PX) + SPARE_ROWS;
  return (
    <section class="happened" aria-label={t("happened")}>
      <SelectField
        label={t("show")}
        value={kind.value}
        choices={[{ value: "", label: t("all") }, ...LANES.map((lane) => ({ value: lane, label: t(lane) }))]}
        onChange={(value) => (kind.value = value as Lane | "")}
      />
      <div
        ref={box}
        class="happened-list"
        data-scrolls
        onScroll={(event) => (scroll.value = event.currentTarget.scrollTop)}
      >
        {rows.value.length === 0 && <p class="soft">{t("nothingOfThat")}</p>}
        <ol style={{ height: `${rows.value.length * ROW_PX}px` }}>
          {rows.value.slice(from, until).map(({ event, t_ms, lane }, index) => {
            const row = from + index;
            const { icon, text } = says(event, people.value);
            return (
              <li
                key={event.seq}
                class={`happened-${lane}`}
                style={{ top: `${row * ROW_PX}px` }}
                aria-setsize={rows.value.length}
                aria-posinset={row + 1}
              >
                <button
                  type="button"
                  aria-current={row === current.value ? "step" : undefined}
                  data-ahead={row > current.value}
                  data-seq={event.seq}
                  data-type={event.type}
                  onClick={() => player.seek(t_ms)}
                >
                  <Icon svg={icon} size={16} />
                  <span>{text}</span>
                  <time>{clock(event.at)}</time>
                </button>
              </li>
            );
          })}
        </ol>
      </div>
    </section>
  );
}

function bringIntoView(box: HTMLElement, row: number): void {
  const top = row * ROW_PX;
  if (top < box.scrollTop || top + ROW_PX > box.scrollTop + box.clientHeight)
    box.scrollTop = Math.max(0, top - box.clientHeight / 2);
}
