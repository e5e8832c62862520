/** Register a device or change one; a change that met somebody else's is shown beside theirs. */
import { Refusal, type Device, type FaceSide, type NewDevice } from "@nearhand/contract";
import { AreaField, Button, Field, notify, SelectField, useLoad } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { getVersioned, post, put, type Versioned } from "../rest";
import { navigate } from "../router";
import { paths } from "../routes";
import { Shown, sentence } from "../shell/Shown";
import { t as tShared } from "../words";
import { ConflictDialog } from "./ConflictDialog";
import { STATUSES } from "./query";
import { loadRegistry, typeName, type Registry } from "./registry";
import { t } from "./words";

export function DeviceForm({ id }: { id: string | null }) {
  const loaded = useLoad(id ?? "new", async (signal) => {
    const [registry, stored] = await Promise.all([
      loadRegistry(signal),
      id ? getVersioned<Device>(`/devices/${id}`, signal) : null,
    ]);
    return { registry, stored };
  });
  return (
    <div class="page">
      <header class="page-head">
        <h1>{id ? `${t("edit")} ${loaded.data?.stored?.data.asset_tag ?? ""}` : t("newDevice")}</h1>
      </header>
      <Shown of={loaded}>{(data) => <Form {...data} />}</Shown>
    </div>
  );
}

const FIELDS = ["asset_tag", "name", "serial", "device_type_id", "site_id", "rack_id", "position_u", "face", "status", "tenant_id", "notes"] as const; // prettier-ignore

function wishOf(device: Device): NewDevice {
  return Object.fromEntries(FIELDS.map((field) => [field, device[field]])) as unknown as NewDevice;
}

function blank(registry: Registry): NewDevice {
  return {
    asset_tag: "",
    name: "",
    serial: "",
    device_type_id: registry.types[0]?.id ?? "",
    site_id: registry.sites[0]?.id ?? "",
    rack_id: null,
    position_u: null,
    face: "front",
    status: "active",
    tenant_id: null,
    notes: "",
  };
}

function Form({ registry, stored }: { registry: Registry; stored: Versioned<Device> | null }) {
  const [base, setBase] = useState(stored);
  const [wish, setWish] = useState<NewDevice>(() => (stored ? wishOf(stored.data) : blank(registry)));
  const [theirs, setTheirs] = useState<Versioned<Device>>();
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [isBusy, setBusy] = useState(false);
  const set = (changes: Partial<NewDevice>) => setWish((before) => ({ ...before, ...changes }));

  const save = async (etag = base?.etag) => {
    setBusy(true);
    setFaults({});
    setTheirs(undefined);
    try {
      const device = base
        ? (await put<Device>(`/devices/${base.data.id}`, wish, etag ?? "")).data
        : await post<Device>("/devices", wish);
      notify(t("saved", { tag: device.asset_tag }), "good");
      navigate(paths.device(device.id));
    } catch (error) {
      if (error instanceof Refusal && error.isStale && base)
        setTheirs(await getVersioned<Device>(`/devices/${base.data.id}`));
      else setFaults(faultsOf(error));
    }
    setBusy(false);
  };
  const racks = registry.racks.filter((rack) => rack.site_id === wish.site_id);
  const text = (field: "asset_tag" | "name" | "serial", more: object = {}) => (
    <Field
      label={t(field)}
      name={field}
      value={wish[field] ?? ""}
      error={faults[field]}
      onInput={(event) => set({ [field]: event.currentTarget.value })}
      {...more}
    />
  );
  return (
    <form
      class="form form-page"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {faults[""] && (
        <p class="band band-red" role="alert">
          {faults[""]}
        </p>
      )}
      <div class="form-row">
        {text("asset_tag", { required: true, maxLength: 50, autofocus: true })}
        {text("name", { required: true, maxLength: 100 })}
      </div>
      <div class="form-row">
        <SelectField
          label={t("type")}
          value={wish.device_type_id}
          error={faults["device_type_id"]}
          choices={registry.types.map((type) => ({ value: type.id, label: typeName(type) }))}
          onChange={(device_type_id) => set({ device_type_id })}
        />
        {text("serial", { maxLength: 80 })}
      </div>
      <div class="form-row">
        <SelectField
          label={t("site")}
          value={wish.site_id}
          choices={registry.sites.map((site) => ({ value: site.id, label: site.name }))}
          onChange={(site_id) => set({ site_id, rack_id: null, position_u: null })}
        />
        <SelectField
          label={t("rack")}
          value={wish.rack_id ?? ""}
          error={faults["rack_id"]}
          choices={[
            { value: "", label: t("noRack") },
            ...racks.map((rack) => ({ value: rack.id, label: rack.name })),
          ]}
          onChange={(rack_id) => set({ rack_id: rack_id || null, ...(!rack_id && { position_u: null }) })}
        />
        <Field
          label={t("position_u")}
          type="number"
          min={0}
          max={100}
          value={wish.position_u ?? ""}
          disabled={!wish.rack_id}
          hint={t("positionHint")}
          error={faults["position_u"]}
          onInput={(event) =>
            set({ position_u: event.currentTarget.value === "" ? null : Number(event.currentTarget.value) })
          }
        />
      </div>
      <div class="form-row">
        <SelectField
          label={t("facing")}
          value={wish.face ?? "front"}
          choices={(["front", "rear"] as const).map((value) => ({ value, label: t(value) }))}
          onChange={(face) => set({ face: face as FaceSide })}
        />
        <SelectField
          label={t("status")}
          value={wish.status ?? "active"}
          choices={STATUSES.map((value) => ({ value, label: t(value) }))}
          onChange={(status) => set({ status: status as NewDevice["status"] })}
        />
        <SelectField
          label={t("tenant")}
          value={wish.tenant_id ?? ""}
          error={faults["tenant_id"]}
          choices={[
            { value: "", label: t("operator") },
            ...registry.tenants.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          onChange={(tenant_id) => set({ tenant_id: tenant_id || null })}
        />
      </div>
      <AreaField
        label={t("notes")}
        rows={3}
        value={wish.notes ?? ""}
        maxLength={2000}
        onInput={(notes) => set({ notes })}
      />
      <div class="ui-actions">
        <Button onClick={() => history.back()}>{tShared("cancel")}</Button>
        <Button type="submit" look="primary" isBusy={isBusy} data-testid="save-device">
          {tShared("save")}
        </Button>
      </div>
      {theirs && (
        <ConflictDialog
          mine={wish}
          theirs={wishOf(theirs.data)}
          registry={registry}
          onClose={() => setTheirs(undefined)}
          onTheirs={() => {
            setBase(theirs);
            setWish(wishOf(theirs.data));
            setTheirs(undefined);
          }}
          onMine={() => {
            setBase(theirs);
            void save(theirs.etag);
          }}
        />
      )}
    </form>
  );
}

/** What is wrong, by the field it is about; "" for what is about none. */
function faultsOf(error: unknown): Record<string, string> {
  const faults = error instanceof Refusal ? error.errors : [];
  const named = faults.flatMap((fault): [string, string][] => {
    const field = fault.where?.at(-1);
    return field && (FIELDS as readonly string[]).includes(field) ? [[field, fault.message ?? ""]] : [];
  });
  if (error instanceof Refusal && error.code === "asset_tag_taken") named.push(["asset_tag", error.detail]);
  if (error instanceof Refusal && (error.code === "position_taken" || error.code === "does_not_fit")) named.push(["position_u", error.detail || error.title]); // prettier-ignore
  return named.length > 0 ? Object.fromEntries(named) : { "": sentence(error) };
}
