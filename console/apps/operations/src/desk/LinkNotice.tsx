/** A band that says why the desk is not live, and what to do about it; nothing while all is well. */
import { Button } from "@nearhand/ui";
import { t as ta } from "./approvalWords";
import type { Desk } from "./desk";
import { t } from "./words";

export function LinkNotice({ desk }: { desk: Desk }) {
  const { link, isEnded, isElsewhere, pending } = desk.view.value;
  if (isEnded) return <p class="band">{t("endedHint")}</p>;
  switch (link.state) {
    case "open":
      return isElsewhere ? (
        <p class="band band-amber" role="status" data-testid="elsewhere">
          {ta("elsewhere")}
        </p>
      ) : null;
    case "connecting":
      return <p class="band">{t("connecting")}</p>;
    case "waiting":
      return (
        <p class="band band-amber" role="status">
          {t("reconnecting")} {pending.count > 0 && t("unsaved", { count: pending.count })}
        </p>
      );
    case "stopped":
      if (link.because === "closed") return null;
      return (
        <p class="band band-red" role="alert">
          {t(link.because)}
          {link.because === "replaced" && (
            <Button onClick={() => desk.session.live.connect()}>{t("takeBack")}</Button>
          )}
          {(link.because === "bad_protocol" || link.because === "client_taken") && (
            <Button onClick={() => location.reload()}>{t("reload")}</Button>
          )}
        </p>
      );
  }
}
