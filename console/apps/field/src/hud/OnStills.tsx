/** Says that there are marks which are not on the device, and opens the picture they are on. */
import { Icon } from "@nearhand/ui";
import { marksOnStills, openStill, unseenOnStills } from "../session/onStills";
import { t } from "../words/hud";
import { picture } from "./icons";

export function OnStills() {
  const n = marksOnStills.value.length;
  if (n === 0) return null;
  const isNew = unseenOnStills.value.length > 0;
  return (
    <button
      type="button"
      class={`on-stills ${isNew ? "is-new" : ""}`}
      data-testid="on-stills"
      onClick={() => openStill()}
    >
      <Icon svg={picture} size={22} />
      <span>
        <b>{t(isNew ? "still_mark_new" : "still_marks", { n })}</b>
        <small>{t("still_open")}</small>
      </span>
    </button>
  );
}
