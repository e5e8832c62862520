/** What the picture contradicts: a label and tags that do not belong together, and the way to the wanted device. */
import { Icon } from "@nearhand/ui";
import down from "lucide-static/icons/arrow-down.svg?raw";
import up from "lucide-static/icons/arrow-up.svg?raw";
import { useEffect } from "preact/hooks";
import { showResolved } from "../device/target";
import { buzz } from "../hud/buzz";
import { nowMs } from "../hud/clock";
import { stop } from "../hud/icons";
import { t } from "../words/hud";
import { onTheWay, wayThere } from "./rack";

/** Red: whatever is in view, no mark may be fixed to it. */
export function Disagree() {
  useEffect(() => void buzz([300, 100, 300]), []);
  return (
    <section class="disagree" role="alert" data-testid="disagree">
      <Icon svg={stop} size={36} />
      <div>
        <h2>{t("disagree_title")}</h2>
        <p>{t("disagree_text")}</p>
      </div>
    </section>
  );
}

const OTHER_SHOWN_MS = 6000;

export function RackWay() {
  const there = wayThere.value;
  if (!there) return null;
  const { way, name } = there;
  return (
    <>
      <p
        class="rack-way"
        role="status"
        data-testid="rack-way"
        data-units={way.units}
        data-direction={way.direction}
      >
        <Icon svg={way.direction === "up" ? up : down} size={40} />
        <span>
          <b>{t(way.direction === "up" ? "go_up" : "go_down", { n: way.units })}</b>
          <small>{name}</small>
        </span>
      </p>
      <Instead />
    </>
  );
}

/** The device whose label was read on the way: one tap makes it the one the work is about. */
function Instead() {
  const other = onTheWay.value;
  if (!other || nowMs.value - other.read_at > OTHER_SHOWN_MS) return null;
  const { found, at, isStale } = other;
  return (
    <button type="button" class="big instead" onClick={() => showResolved(found, at, isStale)}>
      {t("instead", { name: found.view.device.name })}
    </button>
  );
}
