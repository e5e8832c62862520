/** People with an account: who, in which role, switched on or off. For admins. */
import type { Role, User } from "@nearhand/contract";
import { Button, Confirm, date, Dialog, EmptyState, Field, notify, SelectField, useLoad } from "@nearhand/ui";
import plus from "lucide-static/icons/plus.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import { useState } from "preact/hooks";
import { me } from "../access/identity";
import { t } from "../access/words";
import { ask, get, post, type Page } from "../rest";
import { query } from "../router";
import { Pager } from "../shell/Pager";
import { Shown, sentence } from "../shell/Shown";
import { pageOf } from "../devices/query";
import { t as tShared } from "../words";

const SIZE = 50;
const ROLES: readonly Role[] = ["technician", "expert", "observer", "admin"];

export function PeoplePage() {
  const page = pageOf(query.value);
  const people = useLoad(`people/${page}`, (signal) =>
    get<Page<User>>("/users", { limit: SIZE, offset: (page - 1) * SIZE }, signal),
  );
  const [isAdding, setAdding] = useState(false);
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("people")}</h1>
        <span class="gap" />
        <Button look="primary" icon={plus} onClick={() => setAdding(true)} data-testid="add-person">
          {t("addPerson")}
        </Button>
      </header>
      <Shown of={people}>
        {({ items, total }) => (
          <>
            <PeopleTable people={items} onChange={people.reload} />
            <Pager page={page} size={SIZE} total={total} />
          </>
        )}
      </Shown>
      {isAdding && (
        <Dialog title={t("addPerson")} onClose={() => setAdding(false)}>
          <PersonForm
            onDone={(isSaved) => {
              setAdding(false);
              if (isSaved) people.reload();
            }}
          />
        </Dialog>
      )}
    </div>
  );
}

function PeopleTable({ people, onChange }: { people: readonly User[]; onChange: () => void }) {
  const [asked, setAsked] = useState<User>();
  const setActive = async (user: User, is_active: boolean) => {
    setAsked(undefined);
    try {
      await ask(`/users/${user.id}`, { method: "PATCH", json: { is_active } });
      onChange();
    } catch (error) {
      notify(sentence(error), "bad");
    }
  };
  if (people.length === 0) return <EmptyState icon={users} title={t("noPeople")} />;
  return (
    <div class="table-wrap">
      <table class="table">
        <thead>
          <tr>
            {(["displayName", "name", "role", "since", "state"] as const).map((word) => (
              <th key={word} scope="col" class={`col-${word === "name" ? "account" : word}`}>
                {t(word)}
              </th>
            ))}
            <th class="col-acts" />
          </tr>
        </thead>
        <tbody>
          {people.map((user) => (
            <tr key={user.id}>
              <td>
                {user.display_name}
                <small class="phone-line">{rolesOf(user)}</small>
              </td>
              <td class="col-account">
                <code>{user.name}</code>
              </td>
              <td class="col-role">{rolesOf(user)}</td>
              <td class="col-since">{date(user.created_at)}</td>
              <td>
                <span class={user.is_active ? "status tone-green" : "status soft"}>
                  <i aria-hidden="true">{user.is_active ? "●" : "○"}</i>{" "}
                  {t(user.is_active ? "active" : "inactive")}
                </span>
              </td>
              <td class="col-acts">
                {user.id !== me.value?.user_id && (
                  <Button onClick={() => (user.is_active ? setAsked(user) : void setActive(user, true))}>
                    {t(user.is_active ? "switchOff" : "switchOn")}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {asked && (
        <Confirm
          title={t("switchOff")}
          body={t("switchOffAsk", { name: asked.display_name })}
          yes={t("switchOff")}
          no={tShared("cancel")}
          onYes={() => void setActive(asked, false)}
          onNo={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}

const rolesOf = ({ grants }: User) => [...new Set(grants.map(({ role }) => t(role)))].join(" · ");

function PersonForm({ onDone }: { onDone: (isSaved: boolean) => void }) {
  const [role, setRole] = useState<string>("technician");
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const save = async (form: FormData) => {
    setBusy(true);
    try {
      await post<User>("/users", { ...Object.fromEntries(form), grants: [{ role }] });
      onDone(true);
    } catch (error) {
      setProblem(sentence(error));
      setBusy(false);
    }
  };
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save(new FormData(event.currentTarget));
      }}
    >
      <Field label={t("displayName")} name="display_name" maxLength={80} required autofocus error={problem} />
      <Field label={t("name")} name="name" maxLength={40} required hint={t("nameHint")} autocomplete="off" />
      <Field
        label={t("password")}
        name="password"
        type="password"
        minLength={10}
        required
        hint={t("passwordHint")}
        autocomplete="new-password"
      />
      <SelectField
        label={t("role")}
        value={role}
        choices={ROLES.map((value) => ({ value, label: t(value) }))}
        onChange={setRole}
      />
      <div class="ui-actions">
        <Button onClick={() => onDone(false)}>{tShared("cancel")}</Button>
        <Button type="submit" look="primary" isBusy={isBusy}>
          {tShared("save")}
        </Button>
      </div>
    </form>
  );
}
