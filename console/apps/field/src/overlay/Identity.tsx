/** A chip that says by what the device is known just now: honest about what marks on the picture rest on. */
import { Icon } from "@nearhand/ui";
import byLabel from "lucide-static/icons/qr-code.svg?raw";
import byMotion from "lucide-static/icons/move.svg?raw";
import byPicture from "lucide-static/icons/image.svg?raw";
import byTags from "lucide-static/icons/scan.svg?raw";
import notAtAll from "lucide-static/icons/link-2-off.svg?raw";
import { areTwoAlike } from "../camera/byPicture";
import { t } from "../words/hud";
import type { Identity as By } from "./held";
import { identity } from "./known";

const ICONS: Record<By["kind"], string> = {
  label: byLabel,
  tags: byTags,
  motion: byMotion,
  picture: byPicture,
  still: notAtAll,
  nothing: notAtAll,
};

export function Identity() {
  const by = identity.value;
  if (!by) return null;
  return (
    <p class={`identity is-${by.kind}`} data-testid="identity" data-identity={by.kind}>
      <Icon svg={ICONS[by.kind]} size={16} /> {textOf(by)}
    </p>
  );
}

function textOf(by: By): string {
  if (areTwoAlike.value && (by.kind === "nothing" || by.kind === "still")) return t("two_alike");
  return by.kind === "motion" ? t("known_by_motion", { n: by.for_s }) : t(`known_by_${by.kind}`);
}
