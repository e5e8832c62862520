/** The technician's camera as it comes: in the corner, large on request; drawn on are stills, which are sharp and known. */
import { Icon, type Point } from "@nearhand/ui";
import { useSignal } from "@preact/signals";
import maximize from "lucide-static/icons/maximize-2.svg?raw";
import minimize from "lucide-static/icons/minimize-2.svg?raw";
import { useEffect, useRef } from "preact/hooks";
import { useNow } from "../shell/now";
import type { Desk } from "./desk";
import { drawnMarks } from "./drawn";
import { MarkOnPicture } from "./MarkOnPicture";
import type { Voice } from "./voice";
import { t } from "./liveWords";

/** A pose told longer ago says nothing about what the video shows. */
const POSE_GOOD_MS = 1500;

export function PeerVideo({ desk, voice }: { desk: Desk; voice: Voice }) {
  const element = useRef<HTMLVideoElement>(null);
  const wantsLarge = useSignal(false);
  const size = useSignal({ width: 16, height: 9 });
  const source = sourceOf(desk, voice);
  const track = source?.pictures ?? null;
  // Where masks are asked for, phones send their camera another way: this line stays empty.
  const isBare = desk.view.value.cameraMask === "off";
  const isShown = track !== null && isBare && !desk.view.value.isEnded && desk.tool.value === "select";
  const isLarge = wantsLarge.value && !desk.isHeld && desk.chosen.value === null;
  useEffect(() => {
    const video = element.current!;
    video.srcObject = track && new MediaStream([track]);
    if (track) void video.play().catch(() => undefined); // without sound it may always play
  }, [track]);
  return (
    <div class={isLarge ? "peer-video is-large" : "peer-video"} hidden={!isShown}>
      <video
        ref={element}
        muted
        playsInline
        aria-label={t("liveVideo")}
        data-testid="peer-video"
        onResize={({ currentTarget: { videoWidth: width, videoHeight: height } }) => {
          if (width > 0) size.value = { width, height };
        }}
      />
      {isShown && isLarge && <MarksOnVideo desk={desk} by={source!.by} {...size.value} />}
      {isLarge && (
        <p class="picture-status">
          <span class="flag flag-green">{t("liveVideo")}</span>
          <span>{t("liveVideoHint")}</span>
        </p>
      )}
      <button
        type="button"
        aria-label={t(isLarge ? "videoSmall" : "videoLarge")}
        title={t(isLarge ? "videoSmall" : "videoLarge")}
        data-testid="video-size"
        onClick={() => {
          wantsLarge.value = !isLarge;
          if (!isLarge) {
            desk.letGo();
            desk.chosen.value = null;
          }
        }}
      >
        <Icon svg={isLarge ? minimize : maximize} />
      </button>
    </div>
  );
}

/** Whose camera: theirs whose stills are followed, else of whoever sends one. */
function sourceOf(desk: Desk, { view }: Voice) {
  const sources = view.value.peers.filter(({ pictures }) => pictures !== null);
  const followed = desk.followed.value;
  const wanted = followed ?? desk.newest.value?.by;
  return sources.find(({ by }) => by === wanted) ?? (followed === null ? sources[0] : undefined);
}

/** Marks by the newest pose that was told: for the eye, a moment late while the camera moves; nothing is fixed by them. */
function MarksOnVideo({
  desk,
  by,
  width,
  height,
}: {
  desk: Desk;
  by: string;
  width: number;
  height: number;
}) {
  const now = useNow();
  const svg = useRef<SVGSVGElement>(null);
  const unit = useSignal(1);
  const told = desk.view.value.frames[by];
  const came = useRef({ told, at: 0 });
  if (came.current.told !== told) came.current = { told, at: Date.now() };
  useEffect(() => {
    const measure = () => (unit.value = 1 / (svg.current?.getScreenCTM()?.a || 1));
    const observer = new ResizeObserver(measure);
    observer.observe(svg.current!);
    measure();
    return () => observer.disconnect();
  }, [width, height]);
  const sighting = told && now - came.current.at < POSE_GOOD_MS ? told.sighting : null;
  const marks =
    told && sighting
      ? drawnMarks(
          desk.view.value,
          {
            frame: told.frame,
            sha256: "",
            sighting,
            sightingOf: (frame) => desk.stillOf(frame)?.sighting ?? null,
            portOf: (name, face) =>
              desk.device.value?.view.device_type[face]?.ports.find((port) => port.name === name) ?? null,
          },
          null,
        )
      : [];
  const scale = ([u, v]: Point): Point => [u * width, v * height];
  return (
    <svg ref={svg} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" data-testid="video-marks">
      {marks.map((mark) => (
        <MarkOnPicture key={mark.id} mark={mark} scale={scale} unit={unit.value} shift={null} />
      ))}
    </svg>
  );
}
