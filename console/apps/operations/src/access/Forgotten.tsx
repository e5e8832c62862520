/** A forgotten password: a link to the account's address. What is said never tells whether there is such an account. */
import { Button, Field } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { submits, textOf, useActing } from "./acting";
import { Gate } from "./Gate";
import { askForReset } from "./identity";
import { t } from "./words";

export function Forgotten({ onBack }: { onBack: () => void }) {
  const [isSent, setSent] = useState(false);
  const acting = useActing();
  return (
    <Gate title={t("forgottenTitle")}>
      {isSent ? (
        <p role="status">{t("resetSent")}</p>
      ) : (
        <form
          onSubmit={submits((form) => acting.run(() => askForReset(textOf(form, "email"))).then(setSent))}
        >
          <Field
            label={t("email")}
            name="email"
            type="email"
            autocomplete="email"
            hint={t("forgottenHint")}
            error={acting.problem}
            required
            autofocus
          />
          <Button type="submit" look="primary" isBusy={acting.isBusy}>
            {t("sendReset")}
          </Button>
        </form>
      )}
      <Button onClick={onBack}>{t("backToSignIn")}</Button>
    </Gate>
  );
}
