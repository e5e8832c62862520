/** People and services with an account: who, what they may do and where, how they sign in; and who is asked in. */
import type { Account } from "@nearhand/contract";
import { Button, dateTime, EmptyState, Field, useLoad } from "@nearhand/ui";
import plus from "lucide-static/icons/plus.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import { useState } from "preact/hooks";
import { GrantChips, grantWords, loadPlaces, type GrantPlaces } from "../access/GrantChips";
import { t as tAccess } from "../access/words";
import { pageOf } from "../devices/query";
import { get, type Page } from "../rest";
import { query, setQuery } from "../router";
import { paths } from "../routes";
import { Pager } from "../shell/Pager";
import { Shown } from "../shell/Shown";
import { useTyped } from "../shell/typed";
import { t as tShared } from "../words";
import { Invitations } from "./Invitations";
import { InviteDialog } from "./InviteDialog";
import { StateFlag } from "./StateFlag";
import { t } from "./words";

const SIZE = 50;

export function PeoplePage() {
  const page = pageOf(query.value);
  const part = query.value.get("q") ?? "";
  const search = useTyped(part, (q) => setQuery({ q, page: null }));
  const people = useLoad(`people/${page}/${part}`, (signal) =>
    get<Page<Account>>("/users", { q: part, limit: SIZE, offset: (page - 1) * SIZE }, signal),
  );
  const places = useLoad("grant-places", loadPlaces);
  const [isInviting, setInviting] = useState(false);
  const [turn, setTurn] = useState(0);
  return (
    <div class="page page-wide">
      <header class="page-head">
        <h1>{tAccess("people")}</h1>
        <span class="gap" />
        <Button
          look="primary"
          icon={plus}
          disabled={!places.data}
          onClick={() => setInviting(true)}
          data-testid="invite"
        >
          {t("invite")}
        </Button>
      </header>
      <search class="filters">
        <Field label={tShared("search")} type="search" placeholder={t("searchHint")} {...search} />
      </search>
      <Shown of={people}>
        {({ items, total }) => (
          <>
            <PeopleTable people={items} places={places.data} />
            <Pager page={page} size={SIZE} total={total} />
          </>
        )}
      </Shown>
      <Invitations turn={turn} places={places.data} />
      {isInviting && places.data && (
        <InviteDialog
          places={places.data}
          onChange={() => setTurn(turn + 1)}
          onClose={() => setInviting(false)}
        />
      )}
    </div>
  );
}

interface PeopleTableProps {
  people: readonly Account[];
  places: GrantPlaces | undefined;
}

function PeopleTable({ people, places }: PeopleTableProps) {
  if (people.length === 0) return <EmptyState icon={users} title={tAccess("noPeople")} />;
  return (
    <div class="table-wrap">
      <table class="table" data-testid="people">
        <thead>
          <tr>
            <th scope="col">{tAccess("displayName")}</th>
            <th scope="col" class="col-account">
              {tAccess("name")}
            </th>
            <th scope="col" class="col-role">
              {t("grants")}
            </th>
            <th scope="col" class="col-since">
              {t("factors")}
            </th>
            <th scope="col" class="col-since">
              {t("seen")}
            </th>
            <th scope="col">{tAccess("state")}</th>
          </tr>
        </thead>
        <tbody>
          {people.map((one) => (
            <tr key={one.id}>
              <td class="col-name">
                <a href={paths.person(one.id)}>{one.display_name}</a>
                <small class="phone-line">
                  {one.grants.map((grant) => grantWords(grant, places)).join("; ")}
                </small>
              </td>
              <td class="col-account">
                <code>{one.name}</code>
              </td>
              <td class="col-role">
                <GrantChips grants={one.grants} places={places} />
              </td>
              <td class="col-since">{factorWords(one)}</td>
              <td class="col-since">{one.last_seen_at ? dateTime(one.last_seen_at) : tAccess("never")}</td>
              <td>
                <StateFlag isActive={one.is_active} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How they sign in. */
export function factorWords({ kind, factors }: Account): string {
  if (kind === "service") return t("service");
  const ways = [
    factors.has_provider && tAccess("provider"),
    factors.has_password && tAccess("password"),
    factors.has_totp && t("app"),
    factors.passkeys > 0 && t("passkeys", { count: factors.passkeys }),
  ];
  return ways.filter(Boolean).join(" + ") || tAccess("never");
}
