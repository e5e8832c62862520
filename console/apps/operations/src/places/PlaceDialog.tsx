/** Add a site, a location or a rack. */
import type { CountedFrom } from "@nearhand/contract";
import { Button, Dialog, Field, SelectField } from "@nearhand/ui";
import { useState } from "preact/hooks";
import type { Registry } from "../devices/registry";
import { post } from "../rest";
import { sentence } from "../shell/Shown";
import { t as tShared } from "../words";
import { TenantField } from "./PlaceEdit";
import { t } from "./words";

export type PlaceKind = "site" | "location" | "rack";
const TITLES = { site: "addSite", location: "addLocation", rack: "addRack" } as const;

interface PlaceDialogProps {
  kind: PlaceKind;
  registry: Registry;
  onDone: (isSaved: boolean) => void;
}

export function PlaceDialog({ kind, registry, onDone }: PlaceDialogProps) {
  const [name, setName] = useState("");
  const [siteId, setSiteId] = useState(registry.sites[0]?.id ?? "");
  const [tenantId, setTenantId] = useState("");
  const [parentId, setParentId] = useState("");
  const [address, setAddress] = useState("");
  const [timezone, setTimezone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
  const [height, setHeight] = useState("42");
  const [firstU, setFirstU] = useState("1");
  const [countedFrom, setCountedFrom] = useState<CountedFrom>("bottom");
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  const bodies = {
    site: { name, address, timezone, tenant_id: tenantId || null },
    location: { name, site_id: siteId, parent_id: parentId || null },
    rack: {
      name,
      site_id: siteId,
      location_id: parentId || null,
      height_u: Number(height),
      first_u: Number(firstU),
      counted_from: countedFrom,
      tenant_id: tenantId || null,
    },
  };
  const save = async () => {
    setBusy(true);
    try {
      await post(`/${kind}s`, bodies[kind]);
      onDone(true);
    } catch (error) {
      setProblem(sentence(error));
      setBusy(false);
    }
  };
  const locations = registry.locations.filter((location) => location.site_id === siteId);
  return (
    <Dialog title={t(TITLES[kind])} onClose={() => onDone(false)}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field
          label={t("name")}
          value={name}
          maxLength={100}
          required
          autofocus
          error={problem}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        {kind === "site" ? (
          <>
            <Field
              label={t("address")}
              value={address}
              onInput={(event) => setAddress(event.currentTarget.value)}
            />
            <Field
              label={t("timezone")}
              value={timezone}
              onInput={(event) => setTimezone(event.currentTarget.value)}
            />
          </>
        ) : (
          <div class="form-row">
            <SelectField
              label={t("site")}
              value={siteId}
              choices={registry.sites.map((site) => ({ value: site.id, label: site.name }))}
              onChange={setSiteId}
            />
            <SelectField
              label={t("inside")}
              value={parentId}
              choices={[
                { value: "", label: "–" },
                ...locations.map((location) => ({ value: location.id, label: location.name })),
              ]}
              onChange={setParentId}
            />
          </div>
        )}
        {kind === "rack" && (
          <div class="form-row">
            <Field
              label={t("height")}
              type="number"
              min={1}
              max={100}
              value={height}
              onInput={(event) => setHeight(event.currentTarget.value)}
            />
            <SelectField
              label={t("firstU")}
              value={firstU}
              choices={["0", "1"].map((value) => ({ value, label: value }))}
              onChange={setFirstU}
            />
            <SelectField
              label={t("countedFrom")}
              value={countedFrom}
              choices={(["bottom", "top"] as const).map((value) => ({ value, label: t(value) }))}
              onChange={(value) => setCountedFrom(value as CountedFrom)}
            />
          </div>
        )}
        {kind !== "location" && (
          <TenantField tenants={registry.tenants} value={tenantId} onChange={setTenantId} />
        )}
        <div class="ui-actions">
          <Button onClick={() => onDone(false)}>{tShared("cancel")}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {tShared("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
