/** Sign in: by name and password, or in a demo by one click. */
import { Refusal } from "@nearhand/contract";
import { Button, Field, useLoad } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { LanguageSwitch, ThemeSwitch } from "../shell/Switches";
import { sentence } from "../shell/Shown";
import { demoAccounts, signIn } from "./identity";
import { t } from "./words";

type RoleWord = "admin" | "expert" | "technician" | "observer";

export function SignIn() {
  const demo = useLoad("demo", demoAccounts);
  const [busyWith, setBusyWith] = useState<string | null>(null);
  const [problem, setProblem] = useState<string>();
  const enter = async (name: string, password: string) => {
    setBusyWith(name);
    setProblem(undefined);
    try {
      await signIn(name, password);
    } catch (error) {
      setProblem(error instanceof Refusal && error.status === 401 ? t("wrong") : sentence(error));
      setBusyWith(null);
    }
  };
  const accounts = demo.data?.is_demo ? demo.data.accounts : [];
  return (
    <main class="gate">
      <div class="gate-card">
        <h1>{t("welcome")}</h1>
        <p class="soft">{t("tagline")}</p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const form = new FormData(event.currentTarget);
            void enter(String(form.get("name")), String(form.get("password")));
          }}
        >
          <Field
            label={t("name")}
            name="name"
            autocomplete="username"
            autocapitalize="none"
            required
            autofocus
          />
          <Field
            label={t("password")}
            name="password"
            type="password"
            autocomplete="current-password"
            required
            error={problem}
          />
          <Button type="submit" look="primary" isBusy={busyWith !== null} data-testid="sign-in">
            {t("signIn")}
          </Button>
        </form>
        {accounts.length > 0 && (
          <section aria-label={t("demo")} class="gate-demo">
            <h2>{t("demo")}</h2>
            <p class="soft">{t("demoHint")}</p>
            {accounts.map((account) => (
              <button
                key={account["name"]}
                type="button"
                class="gate-account"
                disabled={busyWith !== null}
                data-testid={`sign-in-${account["role"]}`}
                onClick={() => void enter(account["name"] ?? "", account["password"] ?? "")}
              >
                <b>{account["display_name"] ?? account["name"]}</b>
                <span>{t(account["role"] as RoleWord)}</span>
                <code>
                  {account["name"]} / {account["password"]}
                </code>
              </button>
            ))}
          </section>
        )}
        <footer>
          <LanguageSwitch />
          <ThemeSwitch />
        </footer>
      </div>
    </main>
  );
}
