/** A guest's door: a joining link carries its token in the fragment, the guest brings a name. */
import { Button, dateTime, ErrorState, Field } from "@nearhand/ui";
import { useState } from "preact/hooks";
import type { GuestView } from "@nearhand/contract";
import { t as tl } from "../desk/approvalWords";
import { get } from "../rest";
import { navigate } from "../router";
import { paths } from "../routes";
import { sentence } from "../shell/Shown";
import { LanguageSwitch } from "../shell/Switches";
import { joinAsGuest, me } from "./identity";
import { t } from "./words";

export function Join({ id }: { id: string }) {
  const [token] = useState(() => location.hash.slice(1));
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [view, setView] = useState<GuestView>();
  const enter = async (name: string) => {
    setBusy(true);
    try {
      await joinAsGuest(token, name);
      if (me.value?.link?.work_order) setView(await get<GuestView>("/guest"));
      else navigate(paths.desk(id), { replace: true });
    } catch (error) {
      setProblem(sentence(error));
      setBusy(false);
    }
  };
  if (view) return <Choice view={view} />;
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

/** A link for a work order opens several sessions: which one? */
function Choice({ view: { link, sessions } }: { view: GuestView }) {
  return (
    <main class="gate">
      <div class="gate-card">
        <h1>{tl("chooseSession", { order: link.work_order ?? "" })}</h1>
        {sessions.length === 0 && <p class="soft">{tl("noSessions")}</p>}
        <ul class="plain-list">
          {sessions.map((session) => (
            <li key={session.id}>
              <a href={paths.desk(session.id)} data-testid="guest-session">
                {session.subject || session.opened_by_name}
              </a>{" "}
              <time>{dateTime(session.opened_at)}</time>
            </li>
          ))}
        </ul>
        <footer>
          <LanguageSwitch />
        </footer>
      </div>
    </main>
  );
}
