/** An enrolled phone that is locked: its PIN is asked for by the field app. */
import { Button } from "@nearhand/ui";
import { Gate } from "./Gate";
import { me, signOut } from "./identity";
import { t } from "./words";

export function LockedNotice() {
  return (
    <Gate title={t("lockedTitle")}>
      <p>{t("lockedHint", { device: me.value?.device_name ?? "" })}</p>
      <a class="ui-button ui-button-primary" href="/field/">
        {t("unlockThere")}
      </a>
      <Button onClick={() => void signOut()}>{t("signOut")}</Button>
    </Gate>
  );
}
