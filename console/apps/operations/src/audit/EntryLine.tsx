/** One entry: when, who, what, about what; opened, what it says, before beside after. */
import type { Entry } from "@nearhand/contract";
import { clock, date } from "@nearhand/ui";
import { paths } from "../routes";
import { differences, doer, facts } from "./details";
import { t } from "./words";

export function EntryLine({ entry }: { entry: Entry }) {
  const isRefused = entry.outcome === "refused";
  return (
    <li>
      <details>
        <summary>
          <time dateTime={entry.at}>
            {date(entry.at)} {clock(entry.at)}
          </time>
          <b>{doer(entry)}</b>
          <code>{entry.action}</code>
          {isRefused && <span class="flag flag-amber">✕ {t("refused")}</span>}
          {entry.about && (
            <span class="soft entry-about">
              {entry.about.kind} {entry.about.id}
            </span>
          )}
          <span class="gap" />
          <span class="soft">#{entry.seq}</span>
        </summary>
        <Opened entry={entry} />
      </details>
    </li>
  );
}

function Opened({ entry }: { entry: Entry }) {
  const rows = differences(entry);
  const only = (filter: Record<string, string>) => `${paths.audit}?${new URLSearchParams(filter)}`;
  return (
    <div class="entry">
      {entry.details === null && <p class="notice">{t("redacted")}</p>}
      {rows.length > 0 && (
        <div class="table-wrap">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("what")}</th>
                <th scope="col">{t("before")}</th>
                <th scope="col">{t("after")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ name, before, after }) => (
                <tr key={name}>
                  <th scope="row">
                    <code>{name}</code>
                  </th>
                  <td>{before === undefined ? <span class="soft">–</span> : <del>{before}</del>}</td>
                  <td>{after === undefined ? <span class="soft">–</span> : <ins>{after}</ins>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <dl class="prints">
        {facts(entry).map(([name, value]) => [
          <dt key={name}>{name}</dt>,
          <dd key={`${name}=`}>
            <code>{value}</code>
          </dd>,
        ])}
        <dt>{t("hash")}</dt>
        <dd>
          <code>{entry.hash}</code>
        </dd>
      </dl>
      <div class="panel-head">
        {entry.actor.id && <a href={only({ actor: entry.actor.id })}>{t("allOfThem")}</a>}
        {entry.about && (
          <a href={only({ kind: entry.about.kind, about: entry.about.id })}>{t("allAboutIt")}</a>
        )}
        <a href={only({ action: entry.action })}>{t("allSuch")}</a>
      </div>
    </div>
  );
}
