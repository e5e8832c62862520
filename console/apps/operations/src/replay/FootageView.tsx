/** The recorded video, at the moment the replay stands at: in the corner, large on request. */
import { API, type RecordingFile } from "@nearhand/contract";
import { dateTime, Icon } from "@nearhand/ui";
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import maximize from "lucide-static/icons/maximize-2.svg?raw";
import minimize from "lucide-static/icons/minimize-2.svg?raw";
import { useRef } from "preact/hooks";
import type { Footage } from "./footage";
import type { Player } from "./player";
import { t } from "./words";

/** Further off than this, the video is put where the session is; playing, it may be a little behind. */
const OFF_PLAYING_S = 0.5;
const OFF_S = 0.04;

export function FootageView({ player, footage }: { player: Player; footage: Footage }) {
  const video = useRef<HTMLVideoElement>(null);
  const isLarge = useSignal(false);
  const isLoaded = useSignal(false);
  const media_ms = useComputed(() => frameOfMark(player, footage) ?? footage.mediaAt(player.t_ms.value));
  useSignalEffect(() => {
    const element = video.current;
    const wanted = media_ms.value;
    const [isPlaying, speed] = [player.isPlaying.value, player.speed.value];
    if (!element || !isLoaded.value) return;
    if (wanted === null || !isPlaying) element.pause();
    if (wanted === null) return;
    if (Math.abs(element.currentTime - wanted / 1000) > (isPlaying ? OFF_PLAYING_S * speed : OFF_S))
      element.currentTime = wanted / 1000;
    element.playbackRate = speed;
    if (isPlaying && element.paused) void element.play().catch(() => undefined); // the pictures still follow
  });
  const { id } = footage.file.recording;
  const label = t(isLarge.value ? "footageSmall" : "footageLarge");
  return (
    <div class={isLarge.value ? "footage is-large" : "footage"} hidden={media_ms.value === null}>
      <video
        ref={video}
        src={`${API}/sessions/${player.tale.session.id}/recordings/${id}/media`}
        preload="auto"
        playsInline
        aria-label={t("footage")}
        data-testid="footage"
        data-wanted-ms={media_ms.value ?? ""}
        onLoadedMetadata={() => (isLoaded.value = true)}
      />
      <button type="button" aria-label={label} title={label} onClick={() => (isLarge.value = !isLarge.value)}>
        <Icon svg={isLarge.value ? minimize : maximize} />
      </button>
    </div>
  );
}

/** Standing at a mark, the very frame it was drawn on. */
function frameOfMark(player: Player, footage: Footage): number | null {
  if (player.isPlaying.value) return null;
  const moment = player.tale.momentAt(player.t_ms.value);
  if (!moment || moment.t_ms !== player.t_ms.value || moment.event.type !== "annotation.added") return null;
  const { frame } = moment.event.annotation;
  return frame && footage.mediaOf(frame);
}

export function RecordingNotices({ files }: { files: readonly RecordingFile[] }) {
  return (
    <>
      {files.map(({ recording: { id, began_at }, deleted_at, missing }) => (
        <div key={id}>
          {deleted_at && (
            <p class="band" data-testid="recording-deleted">
              {t("footageDeleted", { from: dateTime(began_at ?? ""), date: dateTime(deleted_at) })}
            </p>
          )}
          {!deleted_at && missing.length > 0 && (
            <p class="band band-amber">{t("footageMissing", { count: missing.length })}</p>
          )}
        </div>
      ))}
    </>
  );
}
