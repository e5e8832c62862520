/** After a right password: a code of the authenticator app, a passkey, or one of the recovery codes. */
import { type FactorNeeded, Refusal } from "@nearhand/contract";
import { Button, Field } from "@nearhand/ui";
import key from "lucide-static/icons/key-round.svg?raw";
import { useState } from "preact/hooks";
import { accessSentence, textOf, useActing } from "./acting";
import { Gate } from "./Gate";
import { signInByCode, signInByPasskey } from "./identity";
import { canUsePasskeys } from "./passkeys";
import { t } from "./words";
import { Wrong } from "./SignIn";

export function SecondStep({ step, onBack }: { step: FactorNeeded; onBack: () => void }) {
  const hasApp = step.needs.includes("totp");
  const hasRecovery = step.needs.includes("recovery_code");
  const [isRecovery, setRecovery] = useState(!hasApp && hasRecovery && !step.needs.includes("passkey"));
  const [isOver, setOver] = useState(false);
  const acting = useActing(accessSentence);
  const prove = (act: () => Promise<void>) =>
    void acting.run(() =>
      act().catch((error: unknown) => {
        if (error instanceof Refusal && error.code === "ticket_dead") setOver(true);
        throw error;
      }),
    );
  return (
    <Gate title={t("secondStep")}>
      {!isOver && (hasApp || isRecovery) && (
        <CodeForm
          key={String(isRecovery)}
          isRecovery={isRecovery}
          isBusy={acting.isBusy}
          onCode={(code) => prove(() => signInByCode(step.ticket, code))}
        />
      )}
      {!isOver && step.needs.includes("passkey") && canUsePasskeys() && (
        <Button
          icon={key}
          look={hasApp || isRecovery ? "plain" : "primary"}
          isBusy={acting.isBusy}
          onClick={() => prove(() => signInByPasskey(step.ticket))}
          data-testid="second-passkey"
        >
          {t("usePasskey")}
        </Button>
      )}
      {acting.problem && <Wrong>{acting.problem}</Wrong>}
      {!isOver && hasRecovery && (
        <button
          type="button"
          class="link"
          onClick={() => setRecovery(!isRecovery)}
          data-testid="second-other"
        >
          {t(isRecovery ? "useApp" : "useRecovery")}
        </button>
      )}
      <Button onClick={onBack} data-testid="second-back">
        {t("startAgain")}
      </Button>
    </Gate>
  );
}

interface CodeFormProps {
  isRecovery: boolean;
  isBusy: boolean;
  onCode: (code: string) => void;
}

function CodeForm({ isRecovery, isBusy, onCode }: CodeFormProps) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onCode(textOf(event.currentTarget, "code").trim());
      }}
    >
      <Field
        label={t(isRecovery ? "recoveryCode" : "code")}
        hint={t(isRecovery ? "recoveryHint" : "codeHint")}
        name="code"
        inputMode={isRecovery ? "text" : "numeric"}
        autocomplete={isRecovery ? "off" : "one-time-code"}
        autocapitalize="none"
        spellcheck={false}
        minLength={6}
        maxLength={isRecovery ? 30 : 7}
        required
        autofocus
      />
      <Button type="submit" look="primary" isBusy={isBusy} data-testid="second-code">
        {t("signIn")}
      </Button>
    </form>
  );
}
