/** The registry as a table: search, filters, order and page stand in the address; J, K and Enter walk it. */
import type { Device } from "@nearhand/contract";
import { Button, EmptyState, notify, SelectField, Skeleton, useLoad } from "@nearhand/ui";
import download_ from "lucide-static/icons/download.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import server from "lucide-static/icons/server.svg?raw";
import { useEffect, useRef, useState } from "preact/hooks";
import { may } from "../access/identity";
import { download, get, type Page } from "../rest";
import { navigate, query, setQuery } from "../router";
import { paths } from "../routes";
import { Pager } from "../shell/Pager";
import { Shown, sentence } from "../shell/Shown";
import { t as tShared } from "../words";
import { DevicesTable } from "./DevicesTable";
import { askFor, FILTERS, filtersOf, KINDS, PAGE_SIZE, pageOf, STATUSES, type Filter } from "./query";
import { loadRegistry, type Registry } from "./registry";
import { t } from "./words";

const TYPING_MS = 150;

export function DevicesPage() {
  const asked = JSON.stringify(askFor(query.value));
  const registry = useLoad("registry", loadRegistry);
  const page = useLoad(asked, (signal) => get<Page<Device>>("/devices", askFor(query.value), signal));
  // While the next page is on its way the last one stays, so that the table does not blink at each letter.
  const last = useRef<Page<Device> | undefined>(undefined);
  if (page.data) last.current = page.data;
  const rows = page.data ?? (page.status === "loading" ? last.current : undefined);
  return (
    <div class="page page-wide">
      <header class="page-head">
        <h1>{t("devices")}</h1>
        {rows && <span class="soft">{rows.total}</span>}
        <span class="gap" />
        <Button icon={download_} onClick={() => void saveCsv()}>
          {t("exportCsv")}
        </Button>
        {may("devices.write") && (
          <Button
            icon={plus}
            look="primary"
            onClick={() => navigate(paths.newDevice)}
            data-testid="new-device"
          >
            {t("newDevice")}
          </Button>
        )}
      </header>
      <Filters registry={registry.data} />
      <Shown
        of={rows ? { ...page, status: "ready", data: rows } : page}
        skeleton={<Skeleton rows={12} height={24} />}
      >
        {(data) =>
          data.total === 0 ? (
            <Nothing />
          ) : (
            <Rows page={data} registry={registry.data} isStale={page.status === "loading"} />
          )
        }
      </Shown>
    </div>
  );
}

function Rows({
  page,
  registry,
  isStale,
}: {
  page: Page<Device>;
  registry: Registry | undefined;
  isStale: boolean;
}) {
  return (
    <>
      <DevicesTable devices={page.items} registry={registry} isStale={isStale} />
      <Pager page={pageOf(query.value)} size={PAGE_SIZE} total={page.total} hint={t("keys")} />
    </>
  );
}

function Nothing() {
  const isFiltered = FILTERS.some((name) => query.value.has(name));
  return (
    <EmptyState icon={server} title={t(isFiltered ? "noneFound" : "none")}>
      <p>{t(isFiltered ? "noneFoundHint" : "noneHint")}</p>
      {isFiltered ? (
        <Button onClick={() => navigate(paths.devices)}>{t("clear")}</Button>
      ) : (
        may("devices.write") && (
          <p>
            <a href={paths.newDevice}>{t("newDevice")}</a> · <a href={paths.import}>{tShared("import")}</a>
          </p>
        )
      )}
    </EmptyState>
  );
}

function Filters({ registry }: { registry: Registry | undefined }) {
  const search = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(query.value.get("q") ?? "");
  useEffect(() => {
    const timer = setTimeout(
      () => text !== (query.value.get("q") ?? "") && setQuery({ q: text, page: null }),
      TYPING_MS,
    );
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => setText(query.value.get("q") ?? ""), [query.value.get("q")]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (
        event.key !== "/" ||
        (event.target instanceof HTMLElement && /INPUT|TEXTAREA|SELECT/.test(event.target.tagName))
      )
        return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);
  const pick = (name: Filter, label: string, choices: { value: string; label: string }[]) => (
    <SelectField
      label={label}
      value={query.value.get(name) ?? ""}
      choices={[{ value: "", label: tShared("all") }, ...choices]}
      onChange={(value) =>
        setQuery({ [name]: value, page: null, ...(name === "site_id" && { rack_id: null }) })
      }
    />
  );
  const site = query.value.get("site_id");
  const racks = registry?.racks.filter((rack) => !site || rack.site_id === site) ?? [];
  return (
    <search class="filters">
      <div class="ui-field filters-search">
        <label for="device-search">{tShared("search")}</label>
        <input
          ref={search}
          id="device-search"
          class="ui-input"
          type="search"
          placeholder={t("search")}
          value={text}
          data-testid="device-search"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </div>
      {pick("site_id", t("site"), registry?.sites.map(({ id, name }) => ({ value: id, label: name })) ?? [])}
      {pick(
        "rack_id",
        t("rack"),
        racks.map(({ id, name }) => ({ value: id, label: name })),
      )}
      {pick(
        "kind",
        t("kind"),
        KINDS.map((kind) => ({ value: kind, label: t(kind) })),
      )}
      {pick(
        "status",
        t("status"),
        STATUSES.map((status) => ({ value: status, label: t(status) })),
      )}
      {(registry?.tenants.length ?? 0) > 0 &&
        pick(
          "tenant_id",
          t("tenant"),
          registry?.tenants.map(({ id, name }) => ({ value: id, label: name })) ?? [],
        )}
    </search>
  );
}

async function saveCsv(): Promise<void> {
  try {
    await download("/devices/export", "devices.csv", { query: { ...filtersOf(query.value), format: "csv" } });
  } catch (error) {
    notify(sentence(error), "bad");
  }
}
