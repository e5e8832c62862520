/** A guest's door: a joining link carries its token in the fragment, the guest brings a name. */
import { Button, ErrorState, Field } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { navigate } from "../router";
import { paths } from "../routes";
import { sentence } from "../shell/Shown";
import { LanguageSwitch } from "../shell/Switches";
import { joinAsGuest } from "./identity";
import { t } from "./words";

export function Join({ id }: { id: string }) {
  const [token] = useState(() => location.hash.slice(1));
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const enter = async (name: string) => {
    setBusy(true);
    try {
      await joinAsGuest(token, name);
      navigate(paths.desk(id), { replace: true });
    } catch (error) {
      setProblem(sentence(error));
      setBusy(false);
    }
  };
  return (
    <main class="gate">
      <div class="gate-card">
        <h1>{t("join")}</h1>
        {token.length < 10 ? (
          <ErrorState title={t("badLink")} />
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void enter(String(new FormData(event.currentTarget).get("name")));
            }}
          >
            <p class="soft">{t("joinHint")}</p>
            <Field
              label={t("yourName")}
              name="name"
              maxLength={80}
              autocomplete="name"
              required
              autofocus
              error={problem}
            />
            <Button type="submit" look="primary" isBusy={isBusy} data-testid="join">
              {t("join")}
            </Button>
          </form>
        )}
        <footer>
          <LanguageSwitch />
        </footer>
      </div>
    </main>
  );
}
