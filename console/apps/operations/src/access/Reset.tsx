/** Where a reset link leads: set a new password, once. A second factor is asked for at the next sign-in as before. */
import { Button, ErrorState } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { navigate } from "../router";
import { paths } from "../routes";
import { submits, textOf, useActing } from "./acting";
import { Gate } from "./Gate";
import { recallMe, resetPassword } from "./identity";
import { PasswordFields } from "./PasswordFields";
import { t } from "./words";

export function Reset() {
  const [token] = useState(() => location.hash.slice(1));
  const [isDone, setDone] = useState(false);
  const acting = useActing();
  const toSignIn = () => {
    navigate(paths.wall, { replace: true });
    void recallMe().catch(() => undefined); // whoever was signed in here is so no more
  };
  if (token.length < 10)
    return (
      <Gate title={t("resetTitle")}>
        <ErrorState title={t("badLink")} />
      </Gate>
    );
  return (
    <Gate title={t("resetTitle")}>
      {isDone ? (
        <>
          <p role="status">{t("resetDone")}</p>
          <Button look="primary" onClick={toSignIn} data-testid="to-sign-in">
            {t("backToSignIn")}
          </Button>
        </>
      ) : (
        <form
          onSubmit={submits((form) =>
            acting.run(() => resetPassword(token, textOf(form, "password"))).then(setDone),
          )}
        >
          <p class="soft">{t("resetHint")}</p>
          <PasswordFields name="password" error={acting.problem} autofocus />
          <Button type="submit" look="primary" isBusy={acting.isBusy} data-testid="set-password">
            {t("setPassword")}
          </Button>
        </form>
      )}
    </Gate>
  );
}
