/** The picture of a moment, with the marks that were on it then, drawn as the desk draws them. */
import type { DeviceView } from "@nearhand/contract";
import { pendingOf } from "@nearhand/live";
import { clock, EmptyState, type Point, signalWord } from "@nearhand/ui";
import { useComputed, useSignal } from "@preact/signals";
import camera from "lucide-static/icons/camera.svg?raw";
import { useEffect, useRef } from "preact/hooks";
import { drawnMarks } from "../desk/drawn";
import { MarkOnPicture } from "../desk/MarkOnPicture";
import { MarkWords } from "../desk/MarkWords";
import { frameOf, placeOf, stillUrl } from "../desk/stills";
import type { Player } from "./player";
import { nameIn } from "./says";
import { t } from "./words";

const NOTHING_PENDING = pendingOf([], [], []);

interface ReplayPictureProps {
  player: Player;
  devices: readonly DeviceView[];
}

export function ReplayPicture({ player, devices }: ReplayPictureProps) {
  const still = player.picture.value;
  return (
    <div class={still ? "picture" : "picture picture-empty"}>
      {still ? (
        <OnStill player={player} devices={devices} />
      ) : (
        <EmptyState icon={camera} title={t("noPictureYet")}>
          <p>{t("noPictureHint")}</p>
        </EmptyState>
      )}
      <SignalThen player={player} />
    </div>
  );
}

function OnStill({ player, devices }: ReplayPictureProps) {
  const svg = useRef<SVGSVGElement>(null);
  const unit = useSignal(1);
  const still = player.picture.value!;
  const { width, height } = frameOf(still);
  const view = placeOf(still);
  const marks = useComputed(() => {
    const shown = player.picture.value;
    if (!shown) return [];
    const { sightingOf } = player.tale;
    const type = devices.find(({ device }) => device.id === shown.sighting?.device_id)?.device_type;
    return drawnMarks(
      { ...player.view.value, pending: NOTHING_PENDING },
      {
        frame: shown.frame,
        sha256: shown.sha256,
        sighting: shown.sighting,
        sightingOf,
        portOf: (name, face) => type?.[face]?.ports.find((port) => port.name === name) ?? null,
      },
      null,
    );
  });
  useEffect(() => {
    const measure = () => (unit.value = 1 / (svg.current?.getScreenCTM()?.a || 1));
    const observer = new ResizeObserver(measure);
    observer.observe(svg.current!);
    measure();
    return () => observer.disconnect();
  }, [view.x, view.y, view.width, view.height]);
  const scale = ([u, v]: Point): Point => [u * width, v * height];
  const time = clock(still.at);
  return (
    <>
      <svg
        ref={svg}
        viewBox={`${view.x} ${view.y} ${view.width} ${view.height}`}
        role="img"
        aria-label={t("pictureAlt", { time, count: marks.value.length })}
        data-testid="replay-picture"
        data-frame-id={still.frame.frame_id}
        data-tool="none"
      >
        <image href={stillUrl(player.tale.session.id, still)} {...view} preserveAspectRatio="none" />
        {marks.value.map((mark) => (
          <MarkOnPicture key={mark.id} mark={mark} scale={scale} unit={unit.value} shift={null} />
        ))}
        <MarkWords {...{ width, height, view }} marks={marks.value} unit={unit.value} moved={null} />
      </svg>
      <p class="picture-status">
        <span class="flag">{time}</span>
        <span>{nameIn(player.view.value, still.by)}</span>
      </p>
    </>
  );
}

const SIGNAL_SHOWN_MS = 4000;

/** A signal fills the picture for a moment, as it did then. */
function SignalThen({ player }: { player: Player }) {
  const { signal } = player.view.value;
  if (!signal) return null;
  const since = player.t_ms.value - player.tale.timeOf(signal.seq);
  if (since > SIGNAL_SHOWN_MS) return null;
  return (
    <p class={`replay-signal replay-signal-${signal.signal}`} data-testid="replay-signal">
      {signalWord(signal.signal)}
    </p>
  );
}
