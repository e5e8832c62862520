/** Signing in; in a demo, with one tap as one of its people. */
import { Refusal, type Demo, type FactorNeeded, type SignInOptions } from "@nearhand/contract";
import { Icon, LANGUAGE_NAMES, LANGUAGES, language, setLanguage } from "@nearhand/ui";
import { useEffect, useState } from "preact/hooks";
import { Later } from "../hud/Later";
import { fingerprint } from "../hud/icons";
import { fetchAhead } from "../part";
import { get } from "../rest";
import { refusalText } from "../words/refusals";
import { t } from "../words/session";
import { loadDemo, signIn } from "./identity";
import { type Entry, entry, scanner } from "./part";

export function SignIn() {
  const [accounts, setAccounts] = useState<Demo["accounts"]>([]);
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [needed, setNeeded] = useState<FactorNeeded | null>(null);
  const [isScanning, setScanning] = useState(false);
  const [ways, setWays] = useState<Ways | null>(null); // null: not known yet
  useEffect(() => void loadDemo().then(setAccounts, () => undefined), []);
  useEffect(() => void waysIn().then(setWays, () => setWays(PASSWORD_ALONE)), []);

  async function enter(name: string, password: string) {
    setBusy(true);
    setProblem("");
    try {
      setNeeded(await signIn(name, password));
      setBusy(false);
    } catch (error) {
      setProblem(error instanceof Refusal ? refusalText(error) : t("unreachable"));
      setBusy(false);
    }
  }

  async function enterBy(how: (part: Entry) => Promise<void>) {
    setBusy(true);
    setProblem("");
    const part = await entry.load().catch(() => null);
    try {
      await (part && how(part));
    } catch (error) {
      setProblem(part!.whyNot(error));
    }
    if (!part) setProblem(t("unreachable"));
    setBusy(false);
  }

  function startAgain(why = "") {
    setNeeded(null);
    setProblem(why);
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
      {needed ? (
        <Later part={entry}>{({ SecondStep }) => <SecondStep needed={needed} back={startAgain} />}</Later>
      ) : isScanning ? (
        <Later part={scanner}>{({ ScanCode }) => <ScanCode close={() => setScanning(false)} />}</Later>
      ) : (
        ways && ( // nothing may push away what somebody is about to tap
          <>
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
            {ways.provider && (
              <>
                <button
                  type="button"
                  class="big primary"
                  disabled={isBusy}
                  onClick={() => void enterBy((part) => part.goToProvider())}
                >
                  {t("sign_in_with", { name: ways.provider })}
                </button>
                <p class="or">{t("or")}</p>
              </>
            )}
            <form onSubmit={submit}>
              <label>
                {t("name")}
                <input
                  name="name"
                  autocomplete="username"
                  autocapitalize="none"
                  spellcheck={false}
                  required
                />
              </label>
              <label>
                {t("password")}
                <input name="password" type="password" autocomplete="current-password" required />
              </label>
              <p class="problem" role="alert">
                {problem}
              </p>
              <button class={ways.provider ? "big" : "big primary"} disabled={isBusy}>
                {t("sign_in")}
              </button>
            </form>
            {ways.hasPasskeys && (
              <button
                type="button"
                class="big"
                disabled={isBusy}
                onClick={() => void enterBy((part) => part.enterByPasskey(null))}
              >
                <Icon svg={fingerprint} size={24} /> {t("passkey")}
              </button>
            )}
            <button type="button" class="quiet" onClick={() => setScanning(true)}>
              {t("scan_code")}
            </button>
          </>
        )
      )}
      <Languages />
    </main>
  );
}

interface Ways {
  hasPasskeys: boolean;
  provider: string | null;
}

const PASSWORD_ALONE: Ways = { hasPasskeys: false, provider: null };

/** The part is fetched ahead: a browser shows its passkeys only shortly after a tap. */
async function waysIn(): Promise<Ways> {
  const { has_passkeys, provider } = await get<SignInOptions>("/sign-in");
  const hasPasskeys = has_passkeys && "PublicKeyCredential" in window;
  if (hasPasskeys || provider) fetchAhead(entry);
  return { hasPasskeys, provider: provider ?? null };
}

export function roleName(role = ""): string {
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
