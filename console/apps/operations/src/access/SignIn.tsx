/** Sign in: by name and password and what follows, by a passkey alone, or in a demo by one click. */
import { type FactorNeeded, Refusal } from "@nearhand/contract";
import { Button, Field, Skeleton, useLoad } from "@nearhand/ui";
import key from "lucide-static/icons/key-round.svg?raw";
import { useState } from "preact/hooks";
import { sentence } from "../shell/Shown";
import { accessSentence, textOf, useActing } from "./acting";
import { Forgotten } from "./Forgotten";
import { Gate } from "./Gate";
import { demoAccounts, hasExpired, signIn, signInByPasskey, signInOptions } from "./identity";
import { canUsePasskeys } from "./passkeys";
import { ProviderWays } from "./ProviderWays";
import { SecondStep } from "./SecondStep";
import { t } from "./words";

type RoleWord = "admin" | "expert" | "technician" | "observer";

const passwordSentence = (error: unknown) =>
  error instanceof Refusal && error.code === "wrong_credentials" ? t("wrong") : sentence(error);

export function SignIn() {
  const [step, setStep] = useState<FactorNeeded | null>(null);
  const [isForgotten, setForgotten] = useState(false);
  if (step) return <SecondStep step={step} onBack={() => setStep(null)} />;
  if (isForgotten) return <Forgotten onBack={() => setForgotten(false)} />;
  return <FirstStep onNext={setStep} onForgotten={() => setForgotten(true)} />;
}

interface FirstStepProps {
  onNext: (step: FactorNeeded | null) => void;
  onForgotten: () => void;
}

function FirstStep({ onNext, onForgotten }: FirstStepProps) {
  const options = useLoad("sign-in", signInOptions);
  const byPassword = useActing(passwordSentence);
  const byPasskey = useActing(accessSentence);
  const isBusy = byPassword.isBusy || byPasskey.isBusy;
  const enter = (name: string, password: string) =>
    void byPassword.run(async () => onNext(await signIn(name, password)));
  // Nothing may push away what somebody is about to press.
  if (options.status === "loading")
    return (
      <Gate title={t("welcome")}>
        <Skeleton />
      </Gate>
    );
  return (
    <Gate title={t("welcome")}>
      <p class="soft">{t("tagline")}</p>
      {hasExpired.value && (
        <p class="notice" role="status" data-testid="expired">
          {t("expired")}
        </p>
      )}
      {options.data?.provider && <ProviderWays name={options.data.provider} isBusy={isBusy} />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          enter(textOf(event.currentTarget, "name"), textOf(event.currentTarget, "password"));
        }}
      >
        <Field
          label={t("name")}
          name="name"
          autocomplete="username webauthn"
          autocapitalize="none"
          required
          autofocus={!options.data?.provider}
        />
        <Field
          label={t("password")}
          name="password"
          type="password"
          autocomplete="current-password"
          required
          error={byPassword.problem}
        />
        <Button
          type="submit"
          look={options.data?.provider ? "plain" : "primary"}
          isBusy={isBusy}
          data-testid="sign-in"
        >
          {t("signIn")}
        </Button>
      </form>
      {options.data?.has_passkeys && canUsePasskeys() && (
        <div class="gate-way">
          <Button
            icon={key}
            disabled={isBusy}
            onClick={() => void byPasskey.run(() => signInByPasskey())}
            data-testid="sign-in-passkey"
          >
            {t("usePasskey")}
          </Button>
          {byPasskey.problem && <Wrong>{byPasskey.problem}</Wrong>}
        </div>
      )}
      {options.data?.has_email_reset ? (
        <button type="button" class="link" onClick={onForgotten} data-testid="forgotten">
          {t("forgotten")}
        </button>
      ) : (
        <small class="soft">{t("forgottenAsk")}</small>
      )}
      <DemoAccounts isBusy={isBusy} onChoose={enter} />
    </Gate>
  );
}

export function Wrong({ children }: { children: string }) {
  return (
    <small class="wrong" role="alert">
      {children}
    </small>
  );
}

interface DemoProps {
  isBusy: boolean;
  onChoose: (name: string, password: string) => void;
}

function DemoAccounts({ isBusy, onChoose }: DemoProps) {
  const demo = useLoad("demo", demoAccounts);
  const accounts = demo.data?.is_demo ? demo.data.accounts : [];
  if (accounts.length === 0) return null;
  return (
    <section aria-label={t("demo")} class="gate-demo">
      <h2>{t("demo")}</h2>
      <p class="soft">{t("demoHint")}</p>
      {accounts.map((account) => (
        <button
          key={account["name"]}
          type="button"
          class="gate-account"
          disabled={isBusy}
          data-testid={`sign-in-${account["role"]}`}
          onClick={() => onChoose(account["name"] ?? "", account["password"] ?? "")}
        >
          <b>{account["display_name"] ?? account["name"]}</b>
          <span>{t(account["role"] as RoleWord)}</span>
          <code>
            {account["name"]} / {account["password"]}
          </code>
        </button>
      ))}
    </section>
  );
}
