/** Prove again that it is you: by the password, or by a code where there is none. */
import { Button, Dialog, Field, notify } from "@nearhand/ui";
import { send } from "../rest";
import { t as tShared } from "../words";
import { accessSentence, textOf, useActing } from "./acting";
import { me, signOut } from "./identity";
import { goToProvider } from "./provider";
import { proofWanted } from "./proving";
import { t } from "./words";

const PASSWORD = { type: "password", autocomplete: "current-password" } as const;
const CODE = { inputMode: "numeric", autocomplete: "one-time-code" } as const;

export function ProofDialog() {
  const answer = proofWanted.value;
  return answer && <Proof answer={answer} />;
}

function Proof({ answer }: { answer: (isGiven: boolean) => void }) {
  const acting = useActing();
  const factors = me.value?.factors;
  const by = factors?.has_password ? "password" : factors?.has_totp ? "code" : null;
  if (!by)
    return (
      <Dialog title={t("proveTitle")} onClose={() => answer(false)}>
        <p>{t(factors?.has_provider ? "proveAtProvider" : "proveBySigningIn")}</p>
        <div class="ui-actions">
          <Button onClick={() => answer(false)}>{tShared("cancel")}</Button>
          <Button
            look="primary"
            onClick={() => {
              answer(false);
              if (!factors?.has_provider) void signOut();
              else
                goToProvider({ again: true }).catch((error: unknown) => notify(accessSentence(error), "bad"));
            }}
          >
            {factors?.has_provider ? t("signInAgain") : tShared("signOut")}
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title={t("proveTitle")} onClose={() => answer(false)}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const given = { [by]: textOf(event.currentTarget, "proof") };
          void acting.run(() => send("/me/confirm", given)).then((isGiven) => isGiven && answer(true));
        }}
      >
        <p class="soft">{t("proveHint")}</p>
        <Field
          label={t(by)}
          name="proof"
          {...(by === "password" ? PASSWORD : CODE)}
          required
          autofocus
          error={acting.problem}
        />
        <div class="ui-actions">
          <Button onClick={() => answer(false)}>{tShared("cancel")}</Button>
          <Button type="submit" look="primary" isBusy={acting.isBusy} data-testid="prove">
            {t("prove")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
