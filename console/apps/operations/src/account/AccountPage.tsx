/** One's own account: who one is here, how one signs in, where one is signed in, and what else comes in one's name. */
import { Button, Field, notify, useLoad } from "@nearhand/ui";
import { submits, textOf, useActing } from "../access/acting";
import { GrantChips, loadPlaces } from "../access/GrantChips";
import { may, me, recallMe } from "../access/identity";
import { PasswordFields } from "../access/PasswordFields";
import { proved } from "../access/proving";
import { SignIns } from "../access/SignIns";
import { Tokens } from "../access/Tokens";
import { t as tAccess } from "../access/words";
import { send } from "../rest";
import { t as tShared } from "../words";
import { Factors } from "./Factors";
import { LineCheck } from "./LineCheck";
import { Phone } from "./Phone";
import { t } from "./words";

export function AccountPage() {
  const who = me.value;
  const places = useLoad("grant-places", (signal) =>
    may("devices.read") ? loadPlaces(signal) : Promise.resolve(undefined),
  );
  if (!who) return null;
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("title")}</h1>
        <span class="soft">
          {who.display_name} · <code>{who.name}</code>
        </span>
      </header>
      {who.must_enrol && (
        <p class="notice" role="status" data-testid="must-enrol">
          {t("mustEnrol")}
        </p>
      )}
      {!who.must_enrol && (
        <section class="panel" aria-labelledby="profile">
          <h2 id="profile">{t("profile")}</h2>
          <GrantChips grants={who.grants} places={places.data} />
          <ProfileForm />
        </section>
      )}
      <Factors />
      <section class="panel" aria-labelledby="password">
        <h2 id="password">{tAccess(who.factors?.is_led ? "provider" : "password")}</h2>
        {who.factors?.is_led ? (
          <p class="soft">{tAccess("ledByProvider")}</p>
        ) : (
          <PasswordForm hasPassword={who.factors?.has_password ?? true} />
        )}
      </section>
      {!who.must_enrol && <Phone />}
      <SignIns base="/me" />
      {!who.must_enrol && <LineCheck />}
      {!who.must_enrol && <Tokens base="/me" permissions={who.permissions} />}
    </div>
  );
}

function ProfileForm() {
  const acting = useActing();
  const save = async (form: HTMLFormElement) => {
    const profile = { display_name: textOf(form, "display_name"), email: textOf(form, "email") || null };
    await proved(() => send("/me/profile", profile, "PUT"));
    await recallMe();
    notify(tShared("saved"), "good");
  };
  return (
    <form class="form" onSubmit={submits((form) => acting.run(() => save(form)))}>
      <div class="form-row">
        <Field
          label={tAccess("displayName")}
          name="display_name"
          defaultValue={me.value?.display_name}
          maxLength={80}
          required
          error={acting.problem}
        />
        <Field
          label={tAccess("email")}
          name="email"
          type="email"
          defaultValue={me.value?.email ?? ""}
          hint={me.value?.factors?.is_led ? undefined : t("emailHint")}
        />
      </div>
      <div>
        <Button type="submit" isBusy={acting.isBusy}>
          {tShared("save")}
        </Button>
      </div>
    </form>
  );
}

function PasswordForm({ hasPassword }: { hasPassword: boolean }) {
  const acting = useActing();
  const change = async (form: HTMLFormElement) => {
    const old_password = hasPassword ? textOf(form, "old_password") : null;
    await proved(() => send("/me/password", { old_password, new_password: textOf(form, "new_password") }));
    form.reset();
    await recallMe();
    notify(t("passwordChanged"), "good");
  };
  return (
    <form
      class="form"
      data-testid="password-form"
      onSubmit={submits((form) => acting.run(() => change(form)))}
    >
      <input
        type="text"
        class="sr-only"
        autocomplete="username"
        value={me.value?.name ?? ""}
        readOnly
        tabIndex={-1}
        aria-hidden="true"
      />
      {hasPassword && (
        <Field
          label={t("oldPassword")}
          name="old_password"
          type="password"
          autocomplete="current-password"
          required
        />
      )}
      <PasswordFields name="new_password" error={acting.problem} />
      <small class="soft">{t("passwordEnds")}</small>
      <div>
        <Button type="submit" isBusy={acting.isBusy} data-testid="change-password">
          {t("changePassword")}
        </Button>
      </div>
    </form>
  );
}
