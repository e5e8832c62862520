/** How live pictures go out and how many bytes that took; and the sheet to choose by hand. */
import type { LivePictures, Rung } from "../camera/showing";
import { closePanel, panel } from "../hud/panels";
import { t } from "../words/rung";
import "./rung.css";

const MB = 1_000_000;
const NAMES = ["step_0", "step_1", "step_2", "step_3"] as const;
const HINTS = ["step_0_hint", "step_1_hint", "step_2_hint", "step_3_hint"] as const;

const nameOf = ({ step, isSpent }: Rung): string => t(isSpent ? "spent" : (NAMES[step] ?? "step_3"));

export function RungChip({ pictures }: { pictures: LivePictures }) {
  const rung = pictures.rung.value;
  if (!rung.isWatched && !rung.isSpent && rung.pinned === null) return null;
  const now = nameOf(rung);
  const mb = (rung.bytes / MB).toFixed(rung.bytes < 10 * MB ? 1 : 0);
  return (
    <>
      <span class="link-rung" data-testid="rung" data-step={rung.step}>
        {now} · {t("used", { mb })}
      </span>
      <button
        type="button"
        class="link-cover"
        aria-label={t("open", { now })}
        data-testid="rung-open"
        onClick={() => (panel.value = "picture")}
      />
    </>
  );
}

export function RungChoice({ pictures }: { pictures: LivePictures }) {
  const { pinned, isSpent } = pictures.rung.value;
  const choose = (step: number | null) => {
    pictures.pin(step);
    closePanel();
  };
  const choices = [null, 0, 1, 2, 3] as const;
  return (
    <div class="rungs" role="group">
      {isSpent && <p role="status">{t("spent_hint")}</p>}
      {choices.map((step) => (
        <button
          key={String(step)}
          type="button"
          class="rung"
          aria-pressed={pinned === step}
          data-testid={`rung-${step ?? "auto"}`}
          onClick={() => choose(step)}
        >
          <b>{t(step === null ? "auto" : NAMES[step])}</b>
          <small>{t(step === null ? "auto_hint" : HINTS[step])}</small>
        </button>
      ))}
    </div>
  );
}
