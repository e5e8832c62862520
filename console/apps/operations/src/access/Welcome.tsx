/** Where an invitation leads: choose a name, and a password or a passkey, and be in. */
import type { Acceptance, InvitationShown } from "@nearhand/contract";
import { Button, dateTime, ErrorState, Field, notify, SelectField, Skeleton, useLoad } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { post } from "../rest";
import { navigate } from "../router";
import { paths } from "../routes";
import { explain } from "../shell/Shown";
import { accessSentence, textOf, useActing } from "./acting";
import { Gate } from "./Gate";
import { acceptInvitation, signInOptions } from "./identity";
import { addPasskey, canUsePasskeys } from "./passkeys";
import { PasswordFields } from "./PasswordFields";
import { goToProvider } from "./provider";
import { t } from "./words";

export function Welcome() {
  const [token] = useState(() => location.hash.slice(1));
  if (token.length < 10)
    return (
      <Gate title={t("invited")}>
        <ErrorState title={t("badLink")} />
      </Gate>
    );
  return <Invitation token={token} />;
}

function Invitation({ token }: { token: string }) {
  const shown = useLoad(`welcome/${token}`, () => post<InvitationShown>("/invitations/show", { token }));
  if (shown.status === "failed") {
    const { title, detail } = explain(shown.error);
    return (
      <Gate title={t("invited")}>
        <ErrorState title={title} detail={detail} />
        <a href={paths.wall}>{t("backToSignIn")}</a>
      </Gate>
    );
  }
  return (
    <Gate title={t("invited")}>
      {shown.data ? <AcceptForm token={token} shown={shown.data} /> : <Skeleton />}
    </Gate>
  );
}

function AcceptForm({ token, shown }: { token: string; shown: InvitationShown }) {
  const options = useLoad("sign-in", signInOptions);
  const [by, setBy] = useState("password");
  const acting = useActing();
  const accept = async (given: Acceptance) => {
    await acceptInvitation(given);
    navigate(paths.account, { replace: true });
    // The account is there now; without a password the passkey follows at once, and can be tried again on that page.
    if (!given.password)
      await addPasskey(given.name).catch((error: unknown) => notify(accessSentence(error), "bad"));
  };
  const mayChoose = options.data?.has_passkeys && canUsePasskeys();
  return (
    <>
      <p class="soft">{t("invitedHint", { name: shown.display_name, until: dateTime(shown.expires_at) })}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const password = by === "password" ? textOf(form, "password") : null;
          const name = textOf(form, "name");
          void acting.run(() =>
            accept({ token, name, display_name: textOf(form, "display_name"), password }),
          );
        }}
      >
        <Field
          label={t("displayName")}
          name="display_name"
          defaultValue={shown.display_name}
          maxLength={80}
          autocomplete="name"
          required
        />
        <Field
          label={t("name")}
          name="name"
          defaultValue={shown.name ?? ""}
          readOnly={shown.name !== null}
          hint={t("nameHint")}
          pattern="[a-z0-9][a-z0-9._\-]{1,39}"
          autocomplete="username"
          autocapitalize="none"
          required
          autofocus={shown.name === null}
          error={acting.problem}
        />
        {mayChoose && (
          <SelectField
            label={t("signInBy")}
            value={by}
            choices={[
              { value: "password", label: t("password") },
              { value: "passkey", label: t("passkey") },
            ]}
            onChange={setBy}
          />
        )}
        {by === "password" ? <PasswordFields name="password" /> : <p class="soft">{t("passkeyFollows")}</p>}
        <Button type="submit" look="primary" isBusy={acting.isBusy} data-testid="accept">
          {t("accept")}
        </Button>
      </form>
      {options.data?.provider && (
        <Button
          disabled={acting.isBusy}
          onClick={() => void acting.run(() => goToProvider({ to: paths.wall, invitation: token }))}
          data-testid="join-provider"
        >
          {t("joinWith", { name: options.data.provider })}
        </Button>
      )}
    </>
  );
}
