/** Play, pause, speed, and from mark to mark. */
import { Button, clock, IconButton, timer } from "@nearhand/ui";
import pause from "lucide-static/icons/pause.svg?raw";
import play from "lucide-static/icons/play.svg?raw";
import skipBack from "lucide-static/icons/skip-back.svg?raw";
import skipForward from "lucide-static/icons/skip-forward.svg?raw";
import { SPEEDS, type Player } from "./player";
import { t } from "./words";

export function Transport({ player }: { player: Player }) {
  const { tale } = player;
  const isPlaying = player.isPlaying.value;
  const t_ms = player.t_ms.value;
  return (
    <div class="transport">
      <IconButton svg={skipBack} label={`${t("previousMark")} ([)`} onClick={() => player.previousMark()} />
      <Button
        look="primary"
        icon={isPlaying ? pause : play}
        onClick={() => player.toggle()}
        data-testid="replay-play"
      >
        {t(isPlaying ? "pause" : "play")}
      </Button>
      <IconButton svg={skipForward} label={`${t("nextMark")} (])`} onClick={() => player.nextMark()} />
      <span class="transport-time" data-testid="replay-time">
        <b>{timer(t_ms)}</b> / {timer(tale.length_ms)} · <time>{clock(new Date(tale.start_ms + t_ms))}</time>
      </span>
      <div class="segmented" role="group" aria-label={t("speed")}>
        {SPEEDS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={player.speed.value === each}
            onClick={() => (player.speed.value = each)}
          >
            {t("times", { n: each })}
          </button>
        ))}
      </div>
      <label class="transport-skip">
        <input
          type="checkbox"
          checked={player.skipsPauses.value}
          onChange={(event) => (player.skipsPauses.value = event.currentTarget.checked)}
        />
        {t("skipPauses")}
      </label>
      <span class="soft hint transport-keys">{t("keys")}</span>
    </div>
  );
}
