/** Signing in; in a demo, with one tap as one of its people. */
import { Refusal, type Demo } from "@nearhand/contract";
import { LANGUAGE_NAMES, LANGUAGES, language, setLanguage } from "@nearhand/ui";
import { useEffect, useState } from "preact/hooks";
import { refusalText } from "../words/refusals";
import { t } from "../words/session";
import { loadDemo, signIn } from "./identity";

export function SignIn() {
  const [accounts, setAccounts] = useState<Demo["accounts"]>([]);
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  useEffect(() => void loadDemo().then(setAccounts, () => undefined), []);

  async function enter(name: string, password: string) {
    setBusy(true);
    setProblem("");
    try {
      await signIn(name, password);
    } catch (error) {
      setProblem(error instanceof Refusal ? refusalText(error) : t("unreachable"));
      setBusy(false);
    }
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    void enter(String(form.get("name")).trim().toLowerCase(), String(form.get("password")));
  }

  return (
    <main class="sign-in">
      <header>
        <img src="/field/icon.svg" alt="" width={56} height={56} />
        <h1>Nearhand</h1>
        <p>{t("welcome")}</p>
      </header>
      {accounts.length > 0 && (
        <section>
          <h2>{t("demo_accounts")}</h2>
          <div class="accounts">
            {technicianFirst(accounts).map((account) => (
              <button
                key={account["name"]}
                type="button"
                class="big"
                disabled={isBusy}
                onClick={() => void enter(account["name"]!, account["password"]!)}
              >
                <b>{account["display_name"] ?? account["name"]}</b>
                <span>{roleName(account["role"])}</span>
              </button>
            ))}
          </div>
        </section>
      )}
      <form onSubmit={submit}>
        <label>
          {t("name")}
          <input name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required />
        </label>
        <label>
          {t("password")}
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <p class="problem" role="alert">
          {problem}
        </p>
        <button class="big primary" disabled={isBusy}>
          {t("sign_in")}
        </button>
      </form>
      <Languages />
    </main>
  );
}

function roleName(role = ""): string {
  return role in ROLES ? t(ROLES[role as keyof typeof ROLES]) : role;
}

const ROLES = {
  admin: "role_admin",
  expert: "role_expert",
  technician: "role_technician",
  observer: "role_observer",
} as const;

/** Whoever opens this page most likely stands at a rack. */
function technicianFirst(accounts: Demo["accounts"]): Demo["accounts"] {
  return [...accounts].sort(
    (a, b) => Number(b["role"] === "technician") - Number(a["role"] === "technician"),
  );
}

export function Languages() {
  return (
    <nav class="languages" aria-label={t("language")}>
      {LANGUAGES.map((tag) => (
        <button
          key={tag}
          type="button"
          lang={tag}
          aria-pressed={language.value === tag}
          onClick={() => setLanguage(tag)}
        >
          {LANGUAGE_NAMES[tag]}
        </button>
      ))}
    </nav>
  );
}
