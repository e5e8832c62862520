/** The label of another device: the whole screen says so, with the ways out. */
import { Icon } from "@nearhand/ui";
import type { Resolved } from "@nearhand/contract";
import { useEffect } from "preact/hooks";
import { dismissWrong, wrongDevice } from "../device/recognise";
import { placeOf, showResolved, target } from "../device/target";
import { buzz } from "../hud/buzz";
import { stop } from "../hud/icons";
import { wayFrom } from "../overlay/rack";
import { tellSession } from "../session/follow";
import { t } from "../words/hud";

export function WrongDevice({ wrong }: { wrong: { found: Resolved; at: number; isStale: boolean } }) {
  useEffect(() => void buzz([300, 100, 300]), []);
  const found = wrong.found.view;
  const wanted = target.value?.view.device.name ?? "";

  const way = wayFrom(found.device.id);

  function switchOver() {
    showResolved(wrong.found, wrong.at, wrong.isStale);
    tellSession();
    wrongDevice.value = null;
  }

  return (
    <div class="wrong" role="alertdialog" aria-labelledby="wrong-title" data-testid="wrong-device">
      <Icon svg={stop} size={88} />
      <h1 id="wrong-title">{t("wrong_title")}</h1>
      <p>{t("wrong_text", { found: found.device.name, wanted })}</p>
      <p class="soft">{placeOf(found)}</p>
      {way && <p>{t(way.direction === "up" ? "go_up" : "go_down", { n: way.units })}</p>}
      <button type="button" class="big primary" onClick={dismissWrong}>
        {t("wrong_back", { wanted })}
      </button>
      <button type="button" class="big" onClick={switchOver}>
        {t("wrong_switch", { found: found.device.name })}
      </button>
    </div>
  );
}
