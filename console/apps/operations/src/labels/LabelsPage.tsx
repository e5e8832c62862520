/** The label desk: pick devices, choose the paper, get one sheet. The picked devices stand in the address. */
import type { Label, Rack, Site } from "@nearhand/contract";
import { Button, EmptyState, notify, Progress, SelectField, useLoad } from "@nearhand/ui";
import printer from "lucide-static/icons/printer.svg?raw";
import tags from "lucide-static/icons/tags.svg?raw";
import { useState } from "preact/hooks";
import { all } from "../devices/registry";
import { download, get, post } from "../rest";
import { query, setQuery } from "../router";
import { Shown, sentence } from "../shell/Shown";
import { pickable, type Pickable } from "./pickable";
import { t } from "./words";

export function LabelsPage() {
  const [text, setText] = useState("");
  const rack = query.value.get("rack_id") ?? "";
  const racks = useLoad("racks", (signal) => all<Rack>("/racks", signal));
  const sites = useLoad("sites", (signal) => all<Site>("/sites", signal));
  const signing = (sites.data ?? []).filter(({ label_signing }) => label_signing !== "off");
  const unsigned = query.value.get("unsigned") ?? "";
  const devices = useLoad(`${text}/${rack}/${unsigned}`, (signal) =>
    pickable({ text, rack, unsigned }, signal),
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
        {signing.length > 0 && (
          <SelectField
            label={t("signature")}
            value={unsigned}
            choices={[
              { value: "", label: t("anySignature") },
              ...signing.map(({ id, name }) => ({ value: id, label: t("unsignedAt", { site: name }) })),
            ]}
            onChange={(value) => setQuery({ unsigned: value, devices: "" })}
          />
        )}
      </search>
      <Shown of={devices}>
        {(items) =>
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
        shown={devices.data ?? []}
        onAll={() => pick(new Set([...picked, ...(devices.data ?? []).map(({ id }) => id)]))}
        onClear={() => pick([])}
        onDone={() => unsigned && devices.reload()}
      />
    </div>
  );
}

/** A device without a label gets one first, so that nothing picked is missing on the sheet; an unsigned face a new one. */
async function labelAll(
  ids: readonly string[],
  shown: readonly Pickable[],
  onDone: (count: number) => void,
): Promise<void> {
  for (const [n, id] of ids.entries()) {
    const path = `/devices/${id}/labels`;
    const unsigned = shown.find((one) => one.id === id)?.unsigned ?? [];
    for (const face of unsigned) await post<Label>(path, { face });
    if (unsigned.length === 0 && (await get<Label[]>(path)).length === 0) await post<Label>(path, {});
    onDone(n + 1);
  }
}

interface SheetProps {
  ids: readonly string[];
  shown: readonly Pickable[];
  onAll: () => void;
  onClear: () => void;
  onDone: () => void;
}

function Sheet({ ids, shown, onAll, onClear, onDone }: SheetProps) {
  const [paper, setPaper] = useState("a4");
  const [done, setDone] = useState<number | null>(null);
  const isBusy = done !== null;
  const print = async () => {
    setDone(0);
    try {
      await labelAll(ids, shown, setDone);
      const body = { device_ids: ids, paper, format: "pdf" };
      await download("/labels/sheets", "labels.pdf", { method: "POST", json: body });
      notify(t("done"), "good");
      onDone();
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
