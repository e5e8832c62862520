/** The ledger: who did, saw and was refused what; how far it is sealed and signed; and the way to verify it elsewhere. */
import type { Account, Entry, Head } from "@nearhand/contract";
import { Button, dateTime, EmptyState, Field, SelectField, useLoad } from "@nearhand/ui";
import refresh from "lucide-static/icons/refresh-cw.svg?raw";
import scroll from "lucide-static/icons/scroll-text.svg?raw";
import { useState } from "preact/hooks";
import { isEverywhere, may } from "../access/identity";
import { pageOf } from "../devices/query";
import { all } from "../devices/registry";
import { address, get, type Page } from "../rest";
import { query, setQuery } from "../router";
import { Pager } from "../shell/Pager";
import { Shown } from "../shell/Shown";
import { useTyped } from "../shell/typed";
import { EntryLine } from "./EntryLine";
import { t } from "./words";

const SIZE = 50;
const ACTION = /^[a-z_]+(\.[a-z_]+)?$/;

export function AuditPage() {
  const asked = Object.fromEntries(query.value);
  const page = pageOf(query.value);
  const wanted = {
    actor_id: asked["actor"],
    about_kind: asked["kind"],
    about_id: asked["about"],
    action: ACTION.test(asked["action"] ?? "") ? asked["action"] : undefined,
    outcome: asked["refused"] ? "refused" : undefined,
    since: instant(asked["since"]),
    until: instant(asked["until"]),
    limit: SIZE,
    offset: (page - 1) * SIZE,
  };
  const entries = useLoad(JSON.stringify(wanted), (signal) =>
    get<Page<Entry>>("/audit/entries", wanted, signal),
  );
  const [turn, setTurn] = useState(0);
  const again = () => {
    entries.reload();
    setTurn(turn + 1);
  };
  return (
    <div class="page page-wide">
      <header class="page-head">
        <h1>{t("title")}</h1>
        <span class="gap" />
        <Button icon={refresh} onClick={again} data-testid="look-again">
          {t("again")}
        </Button>
      </header>
      {isEverywhere("admin") && <HeadPanel key={turn} />}
      <Filters asked={asked} />
      <Shown of={entries}>
        {({ items, total }) =>
          items.length === 0 ? (
            <EmptyState icon={scroll} title={t("none")}>
              <p>{t("noneHint")}</p>
            </EmptyState>
          ) : (
            <>
              <ol class="entries" data-testid="entries">
                {items.map((entry) => (
                  <EntryLine key={entry.seq} entry={entry} />
                ))}
              </ol>
              <Pager page={page} size={SIZE} total={total} />
            </>
          )
        }
      </Shown>
    </div>
  );
}

/** What the browser's field says, in its own time zone, as an instant. */
function instant(local: string | undefined): string | undefined {
  const at = local ? new Date(local) : undefined;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : undefined;
}

function Filters({ asked }: { asked: Record<string, string> }) {
  const people = useLoad("ledger-people", (signal) =>
    may("people.manage") ? all<Account>("/users", signal) : Promise.resolve([]),
  );
  const set = (name: string) => (value: string) => setQuery({ [name]: value, page: null });
  const action = useTyped(asked["action"], set("action"));
  const about = useTyped(asked["about"], (value) => setQuery({ about: value, kind: null, page: null }));
  const since = useTyped(asked["since"], set("since"));
  const until = useTyped(asked["until"], set("until"));
  const actor = asked["actor"] ?? "";
  const known = people.data ?? [];
  return (
    <div class="asked">
      <Field
        label={t("action")}
        placeholder="device.changed"
        hint={t("actionHint")}
        autocapitalize="none"
        {...action}
      />
      <SelectField
        label={t("who")}
        value={actor}
        choices={[
          { value: "", label: t("anybody") },
          ...known.map(({ id, display_name, name }) => ({ value: id, label: `${display_name} (${name})` })),
          ...(actor && !known.some(({ id }) => id === actor) ? [{ value: actor, label: actor }] : []),
        ]}
        onChange={set("actor")}
      />
      <Field label={t("about")} hint={t("aboutHint")} autocapitalize="none" {...about} />
      <Field label={t("since")} type="datetime-local" {...since} />
      <Field label={t("until")} type="datetime-local" {...until} />
      <label class="check">
        <input
          type="checkbox"
          checked={Boolean(asked["refused"])}
          data-testid="filter-refused"
          onChange={(event) => set("refused")(event.currentTarget.checked ? "1" : "")}
        />
        {t("refusedOnly")}
      </label>
    </div>
  );
}

function HeadPanel() {
  const head = useLoad("ledger-head", (signal) => get<Head>("/audit/head", {}, signal));
  return (
    <section class="panel" aria-labelledby="sealed" data-testid="head">
      <h2 id="sealed">{t("sealed")}</h2>
      <Shown of={head}>
        {(now) => (
          <>
            <p>
              {t("sealedTo", { seq: now.seq, at: now.at ? dateTime(now.at) : "–" })}{" "}
              {now.signed_seq > 0 ? t("signedTo", { seq: now.signed_seq }) : t("unsigned")}
            </p>
            <dl class="prints">
              <dt>{t("hash")}</dt>
              <dd>
                <code>{now.hash}</code>
              </dd>
              <dt>{t("key")}</dt>
              <dd>
                <code>{now.key_id}</code>
              </dd>
            </dl>
          </>
        )}
      </Shown>
      <p class="soft">{t("sealedHint")}</p>
      <div class="panel-head">
        <a class="ui-button" href={address("/audit/export")} download data-testid="export">
          {t("export")}
        </a>
        <a class="ui-button" href={address("/audit/verifier")} download data-testid="verifier">
          {t("verifier")}
        </a>
      </div>
    </section>
  );
}
