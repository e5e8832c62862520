/** The technician's camera as it comes, over the newest still; whoever draws does so on stills, which are sharp and known. */
import { useEffect, useRef } from "preact/hooks";
import type { Desk } from "./desk";
import type { Voice } from "./voice";
import { t } from "./words";

export function PeerVideo({ desk, voice }: { desk: Desk; voice: Voice }) {
  const element = useRef<HTMLVideoElement>(null);
  const { stills, isEnded } = desk.view.value;
  const followed = desk.followed.value ?? stills.at(-1)?.by;
  const sources = voice.view.value.peers.filter(({ pictures }) => pictures !== null);
  const source = sources.find(({ by }) => by === followed) ?? (desk.followed.value ? undefined : sources[0]);
  const track = source?.pictures ?? null;
  const isShown =
    track !== null && !isEnded && !desk.isHeld && desk.tool.value === "select" && !desk.chosen.value;
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    video.srcObject = track && new MediaStream([track]);
    if (track) void video.play().catch(() => undefined); // without sound it may always play
  }, [track]);
  return (
    <div class="peer-video" hidden={!isShown}>
      <video
        ref={element}
        muted
        playsInline
        aria-label={t("liveVideo")}
        data-testid="peer-video"
        onPlaying={(event) => event.currentTarget.setAttribute("data-playing", "true")}
        onEmptied={(event) => event.currentTarget.removeAttribute("data-playing")}
      />
      <p class="picture-status">
        <span class="flag flag-green">{t("liveVideo")}</span>
        <span>{t("liveVideoHint")}</span>
      </p>
    </div>
  );
}
