/** After the password: a code of the authenticator app, a recovery code, or a passkey. */
import { type Admission, type FactorNeeded, Refusal, Unreachable } from "@nearhand/contract";
import { Icon } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { fingerprint } from "../hud/icons";
import { post } from "../rest";
import { t } from "../words/access";
import { refusalText } from "../words/refusals";
import { t as ts } from "../words/session";
import { enterAs } from "./identity";
import { enterByPasskey, NoPasskey } from "./passkey";

interface SecondStepProps {
  needed: FactorNeeded;
  /** Back to name and password, with the reason if there is one. */
  back: (problem?: string) => void;
}

const CODE_DIGITS = 6;

export function SecondStep({ needed, back }: SecondStepProps) {
  const has = (factor: FactorNeeded["needs"][number]) => needed.needs.includes(factor);
  const [code, setCode] = useState("");
  const [isRecovery, setRecovery] = useState(!has("totp"));
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);

  async function enter(how: () => Promise<void>) {
    setBusy(true);
    setProblem("");
    try {
      await how();
    } catch (error) {
      setBusy(false);
      setCode("");
      if (error instanceof Refusal && error.code === "ticket_dead") back(refusalText(error));
      else setProblem(whyNot(error));
    }
  }

  const byCode = (given: string) =>
    enter(async () => {
      const { actor } = await post<Admission>("/sign-in/code", { ticket: needed.ticket, code: given });
      await enterAs(actor);
    });

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void byCode(code.trim());
      }}
    >
      <h2 class="title">{t("second_step")}</h2>
      {has("passkey") && (
        <button
          type="button"
          class="big primary"
          disabled={isBusy}
          onClick={() => void enter(() => enterByPasskey(needed.ticket))}
        >
          <Icon svg={fingerprint} size={24} /> {t("use_passkey")}
        </button>
      )}
      {(has("totp") || has("recovery_code")) && (
        <>
          <label>
            {t(isRecovery ? "recovery_code" : "code")}
            <input
              key={String(isRecovery)}
              name="code"
              class={isRecovery ? "" : "is-digits"}
              value={code}
              inputMode={isRecovery ? "text" : "numeric"}
              autocomplete={isRecovery ? "off" : "one-time-code"}
              autocapitalize="none"
              spellcheck={false}
              autofocus={!has("passkey")}
              required
              onInput={(event) => {
                const text = event.currentTarget.value;
                setCode(text);
                // The last digit is enough: no small button to hit with a glove.
                if (!isRecovery && !isBusy && /^[0-9]+$/.test(text) && text.length === CODE_DIGITS)
                  void byCode(text);
              }}
            />
          </label>
          <button class={`big ${has("passkey") ? "" : "primary"}`} disabled={isBusy}>
            {ts("sign_in")}
          </button>
        </>
      )}
      <p class="problem" role="alert">
        {problem}
      </p>
      {has("totp") && has("recovery_code") && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            setCode("");
            setRecovery(!isRecovery);
          }}
        >
          {t(isRecovery ? "use_app" : "use_recovery")}
        </button>
      )}
      <button type="button" class="quiet" onClick={() => back()}>
        {t("start_again")}
      </button>
    </form>
  );
}

/** Why somebody did not come in, in their words. */
export function whyNot(error: unknown): string {
  if (error instanceof Refusal) return refusalText(error);
  if (error instanceof NoPasskey) return t("no_passkey");
  if (error instanceof Unreachable) return ts("unreachable");
  throw error;
}
