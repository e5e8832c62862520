/** How live pictures go out, why not better, and what the session takes of the phone's data; the sheet to choose by hand. */
import { because, budgetState, dataUsed, rungName, RUNGS } from "@nearhand/ui/rung";
import type { LivePictures } from "../camera/showing";
import { closePanel, panel } from "../hud/panels";
import { t } from "../words/rung";
import { DataChoice } from "./DataChoice";
import "./rung.css";

const CHOICES = [null, 1, 2, 3, 4, 5] as const;
const HINTS = ["auto_hint", "hint_1", "hint_2", "hint_3", "hint_4", "hint_5"] as const;

export function RungChip({ pictures }: { pictures: LivePictures }) {
  const { rung, because: reason, isWatched, chosen } = pictures.rung.value;
  const { bytes, budget } = pictures.data.value;
  const isTold = isWatched || reason === "spent" || reason === "budget" || chosen !== null;
  const why = because(reason);
  const now = [rungName(RUNGS[rung]!), ...(why ? [why] : [])];
  const used = dataUsed(bytes, budget);
  return (
    <>
      {isTold && (
        <span class="link-rung" data-testid="rung" data-rung={rung} data-because={reason}>
          {now.join(" · ")}
        </span>
      )}
      <span class={`link-rung is-${budgetState(bytes, budget)}`} data-testid="data-used" data-bytes={bytes}>
        {used}
      </span>
      <button
        type="button"
        class="link-cover"
        aria-label={isTold ? t("open", { now: now.join(", "), used }) : t("open_data", { used })}
        data-testid="rung-open"
        onClick={() => (panel.value = "picture")}
      />
    </>
  );
}

export function RungChoice({ pictures }: { pictures: LivePictures }) {
  const { chosen, because: why } = pictures.rung.value;
  return (
    <>
      <div class="rungs" role="group">
        {why === "spent" && <p role="status">{t("spent_hint")}</p>}
        {why === "asked" && <p role="status">{t("asked_hint")}</p>}
        {why === "budget" && <p role="status">{t("budget_hint")}</p>}
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
            <b>{rungName(RUNGS[at]!)}</b>
            <small>{t(HINTS[at]!)}</small>
          </button>
        ))}
      </div>
      <DataChoice pictures={pictures} />
    </>
  );
}
