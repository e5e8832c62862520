/** A label that others may have made: the whole screen says so, with the ways out. */
import { Icon } from "@nearhand/ui";
import { useEffect } from "preact/hooks";
import { acceptDoubted, dismissDoubted, type Doubted } from "../device/doubt";
import { showResolved } from "../device/target";
import { buzz } from "../hud/buzz";
import { stop } from "../hud/icons";
import { panel } from "../hud/panels";
import { t } from "../words/hud";

export function DoubtedLabel({ doubted: { answer, text } }: { doubted: Doubted }) {
  useEffect(() => void buzz([300, 100, 300]), []);

  function find() {
    dismissDoubted();
    panel.value = "find";
  }

  function goOn() {
    const now = acceptDoubted();
    // What leads to another device than the session's is asked about as always, at the next look.
    if (now?.answer && !now.isOther) showResolved(now.answer.data, now.answer.at, now.answer.isStale);
  }

  return (
    <div class="wrong" role="alertdialog" aria-labelledby="doubt-title" data-testid="doubted-label">
      <Icon svg={stop} size={88} />
      <h1 id="doubt-title">{t("doubt_title")}</h1>
      <p>{t("doubt_text")}</p>
      <p class="soft">{text.slice(0, 80)}</p>
      <button type="button" class="big primary" onClick={find}>
        {t("doubt_find")}
      </button>
      <button type="button" class="big" onClick={dismissDoubted}>
        {t("doubt_back")}
      </button>
      {answer && (
        <button type="button" class="big" onClick={goOn}>
          {t("doubt_anyway", { found: answer.data.view.device.name })}
        </button>
      )}
    </div>
  );
}
