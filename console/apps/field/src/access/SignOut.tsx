/** Sign out: at one tap, but of an enrolled device only when asked again, for it would have to be set up anew. */
import { Icon } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { logOut } from "../hud/icons";
import { t } from "../words/lock";
import { me } from "./actor";
import { signOut } from "./identity";

export function SignOut() {
  const [isAsking, setAsking] = useState(false);
  const isDevice = me.value?.signed_in_by === "device";
  if (!isAsking)
    return (
      <button type="button" class="quiet" onClick={() => (isDevice ? setAsking(true) : void signOut())}>
        <Icon svg={logOut} size={18} /> {t("sign_out")}
      </button>
    );
  return (
    <div class="sure">
      <p>{t("sign_out_device")}</p>
      <button type="button" class="big" onClick={() => setAsking(false)}>
        {t("stay")}
      </button>
      <button type="button" class="big danger" onClick={() => void signOut()}>
        {t("sign_out")}
      </button>
    </div>
  );
}
