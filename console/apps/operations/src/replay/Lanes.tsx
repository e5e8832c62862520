/** The time line: a lane for each kind of event and for each figure, under one slider. */
import { quantity, timer } from "@nearhand/ui";
import { useMemo, useRef } from "preact/hooks";
import { quantityName } from "../devices/quantities";
import type { Figure } from "./figures";
import { lineOf, nearest, ticksOf, valueAt } from "./lanes";
import type { Player } from "./player";
import { says } from "./says";
import { LANES, type Lane } from "./tale";
import { t } from "./words";

/** A click this near to an event means the event, in shares of the lane's width. */
const SNAP = 0.006;
const WIDTH = 1000;
const HEIGHT = 20;

export function Lanes({ player, figures }: { player: Player; figures: readonly Figure[] }) {
  const { tale } = player;
  const share = player.t_ms.value / tale.length_ms;
  const used = useMemo(() => LANES.filter((lane) => tale.moments.some((each) => each.lane === lane)), [tale]);
  return (
    <div class="lanes" role="group" aria-label={t("timeLine")}>
      {used.map((lane) => (
        <LaneRow key={lane} player={player} lane={lane} />
      ))}
      {figures.map((figure) => (
        <FigureRow
          key={`${figure.chart.key.device_id}/${figure.chart.key.quantity}`}
          player={player}
          figure={figure}
        />
      ))}
      <span class="lane-name" aria-hidden="true">
        {timer(player.t_ms.value)}
      </span>
      <div class="lane lane-slider">
        <input
          type="range"
          min={0}
          max={tale.length_ms}
          step={100}
          value={player.t_ms.value}
          aria-label={t("position")}
          aria-valuetext={spoken(player)}
          data-testid="replay-slider"
          onInput={(event) => player.seek(Number(event.currentTarget.value))}
        />
      </div>
      <i class="lane-needle" aria-hidden="true" style={{ "--at": share }} />
    </div>
  );
}

/** Where it stands, in words: the time, and what happened last. */
function spoken(player: Player): string {
  const { tale } = player;
  const t_ms = player.t_ms.value;
  const moment = tale.momentAt(t_ms);
  const what = moment ? says(moment.event, player.view.value).text : "";
  return t("positionSays", { time: timer(t_ms), total: timer(tale.length_ms), what });
}

function LaneRow({ player, lane }: { player: Player; lane: Lane }) {
  const box = useRef<SVGSVGElement>(null);
  const { tale } = player;
  const times = useMemo(
    () => tale.moments.filter((each) => each.lane === lane).map(({ t_ms }) => t_ms),
    [tale],
  );
  const ticks = useMemo(() => ticksOf(times, tale.length_ms, WIDTH, HEIGHT), [times]);
  const seek = ({ clientX }: MouseEvent) => {
    const { left, width } = box.current!.getBoundingClientRect();
    player.seek(nearest(times, ((clientX - left) / width) * tale.length_ms, SNAP * tale.length_ms));
  };
  return (
    <>
      <span class="lane-name">{t(lane)}</span>
      <svg
        ref={box}
        class={`lane lane-${lane}`}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        data-lane={lane}
        onPointerDown={seek}
      >
        <path d={ticks} vector-effect="non-scaling-stroke" />
      </svg>
    </>
  );
}

function FigureRow({ player, figure }: { player: Player; figure: Figure }) {
  const { tale } = player;
  const { chart, device } = figure;
  const line = useMemo(() => lineOf(chart, tale.start_ms, tale.length_ms, WIDTH, HEIGHT), [chart, tale]);
  const value = valueAt(chart, tale.start_ms + player.t_ms.value);
  return (
    <>
      <span class="lane-name" title={device.device.asset_tag}>
        {quantityName(chart.key.quantity)}
        <b>{value === null ? "–" : quantity(value, chart.unit)}</b>
      </span>
      <svg
        class="lane lane-figure"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <path d={line} vector-effect="non-scaling-stroke" />
      </svg>
    </>
  );
}
