/** The label desk: pick devices, choose the paper, get one sheet. The picked devices stand in the address. */
import type { Device, Label, Rack } from "@nearhand/contract";
import { Button, EmptyState, notify, Progress, SelectField, useLoad } from "@nearhand/ui";
import printer from "lucide-static/icons/printer.svg?raw";
import tags from "lucide-static/icons/tags.svg?raw";
import { useState } from "preact/hooks";
import { all } from "../devices/registry";
import { download, get, post, type Page } from "../rest";
import { query, setQuery } from "../router";
import { Shown, sentence } from "../shell/Shown";
import { t } from "./words";

const SHOWN = 100;

export function LabelsPage() {
  const [text, setText] = useState("");
  const rack = query.value.get("rack_id") ?? "";
  const racks = useLoad("racks", (signal) => all<Rack>("/racks", signal));
  const devices = useLoad(`${text}/${rack}`, (signal) =>
    get<Page<Device>>("/devices", { q: text, rack_id: rack, limit: SHOWN }, signal),
  );
  const picked = new Set((query.value.get("devices") ?? "").split(",").filter(Boolean));
  const pick = (ids: Iterable<string>) => setQuery({ devices: [...ids].join(",") });
  const toggle = (id: string) => {
    if (!picked.delete(id)) picked.add(id);
    pick(picked);
  };
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("title")}</h1>
        <p class="soft">{t("pick")}</p>
      </header>
      <search class="filters">
        <div class="ui-field filters-search">
          <label for="label-search">{t("search")}</label>
          <input
            id="label-search"
            class="ui-input"
            type="search"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <SelectField
          label={t("rack")}
          value={rack}
          choices={[
            { value: "", label: t("anyRack") },
            ...(racks.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
          onChange={(value) => setQuery({ rack_id: value })}
        />
      </search>
      <Shown of={devices}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={tags} title={t("nothing")}>
              <p>{t("nothingHint")}</p>
            </EmptyState>
          ) : (
            <ul class="pick-list">
              {items.map((device) => (
                <li key={device.id}>
                  <label>
                    <input
                      type="checkbox"
                      checked={picked.has(device.id)}
                      onChange={() => toggle(device.id)}
                      data-testid="pick-device"
                    />
                    <b class="tag">{device.asset_tag}</b>
                    <span title={device.name}>{device.name}</span>
                  </label>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      <Sheet
        ids={[...picked]}
        onAll={() => pick(new Set([...picked, ...(devices.data?.items ?? []).map(({ id }) => id)]))}
        onClear={() => pick([])}
      />
    </div>
  );
}

/** A device without a label gets one first, so that nothing picked is missing on the sheet. */
async function labelAll(ids: readonly string[], onDone: (count: number) => void): Promise<void> {
  for (const [n, id] of ids.entries()) {
    const labels = await get<Label[]>(`/devices/${id}/labels`);
    if (labels.length === 0) await post<Label>(`/devices/${id}/labels`, {});
    onDone(n + 1);
  }
}

interface SheetProps {
  ids: readonly string[];
  onAll: () => void;
  onClear: () => void;
}

function Sheet({ ids, onAll, onClear }: SheetProps) {
  const [paper, setPaper] = useState("a4");
  const [done, setDone] = useState<number | null>(null);
  const isBusy = done !== null;
  const print = async () => {
    setDone(0);
    try {
      await labelAll(ids, setDone);
      const body = { device_ids: ids, paper, format: "pdf" };
      await download("/labels/sheets", "labels.pdf", { method: "POST", json: body });
      notify(t("done"), "good");
    } catch (error) {
      notify(sentence(error), "bad");
    }
    setDone(null);
  };
  return (
    <footer class="action-bar">
      <span>{t("picked", { count: ids.length })}</span>
      <Button onClick={onAll}>{t("pickAll")}</Button>
      <Button disabled={ids.length === 0} onClick={onClear}>
        {t("clear")}
      </Button>
      <span class="gap" />
      {isBusy && (
        <Progress value={done / Math.max(1, ids.length)} label={t("making", { done, count: ids.length })} />
      )}
      <SelectField
        label={t("paper")}
        value={paper}
        choices={[
          { value: "a4", label: t("a4") },
          { value: "letter", label: t("letter") },
        ]}
        onChange={setPaper}
      />
      <Button
        look="primary"
        icon={printer}
        disabled={ids.length === 0}
        isBusy={isBusy}
        onClick={() => void print()}
        data-testid="print-sheet"
      >
        {t("print")}
      </Button>
    </footer>
  );
}
