/** How live pictures go out, why not better, and how many bytes that took; and the sheet to choose by hand. */
import type { LivePictures } from "../camera/showing";
import { closePanel, panel } from "../hud/panels";
import { because, t } from "../words/rung";
import "./rung.css";

const MB = 1_000_000;
const CHOICES = [null, 1, 2, 3, 4, 5] as const;
const NAMES = ["auto", "rung_1", "rung_2", "rung_3", "rung_4", "rung_5"] as const;
const HINTS = ["auto_hint", "hint_1", "hint_2", "hint_3", "hint_4", "hint_5"] as const;

export function RungChip({ pictures }: { pictures: LivePictures }) {
  const rung = pictures.rung.value;
  if (!rung.isWatched && rung.because !== "spent" && rung.chosen === null) return null;
  const now = t(NAMES[rung.rung]!);
  const why = because(rung.because);
  const mb = (rung.bytes / MB).toFixed(rung.bytes < 10 * MB ? 1 : 0);
  return (
    <>
      <span class="link-rung" data-testid="rung" data-rung={rung.rung} data-because={rung.because}>
        {now} · {t("used", { mb })}
        {why && ` · ${why}`}
      </span>
      <button
        type="button"
        class="link-cover"
        aria-label={t("open", { now: why ? `${now}, ${why}` : now })}
        data-testid="rung-open"
        onClick={() => (panel.value = "picture")}
      />
    </>
  );
}

export function RungChoice({ pictures }: { pictures: LivePictures }) {
  const { chosen, because: why } = pictures.rung.value;
  return (
    <div class="rungs" role="group">
      {why === "spent" && <p role="status">{t("spent_hint")}</p>}
      {why === "asked" && <p role="status">{t("asked_hint")}</p>}
      {CHOICES.map((rung, at) => (
        <button
          key={String(rung)}
          type="button"
          class="rung"
          aria-pressed={chosen === rung}
          data-testid={`rung-${rung ?? "auto"}`}
          onClick={() => {
            pictures.pin(rung);
            closePanel();
          }}
        >
          <b>{t(NAMES[at]!)}</b>
          <small>{t(HINTS[at]!)}</small>
        </button>
      ))}
    </div>
  );
}
