/** Rename a site or rack, give it to another tenant, or say what is asked of a site's labels and pictures. */
import type { CameraMask, LabelSigning, NewRack, NewSite, Rack, Site, Tenant } from "@nearhand/contract";
import { Button, Dialog, Field, SelectField, useLoad } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { submits, textOf, useActing } from "../access/acting";
import { all } from "../devices/registry";
import { getVersioned, put, type Versioned } from "../rest";
import { Shown } from "../shell/Shown";
import { t as tShared } from "../words";
import { t } from "./words";

interface PlaceEditProps {
  /** `/sites/{id}` or `/racks/{id}`. */
  path: string;
  onDone: (isSaved: boolean) => void;
}

interface Read {
  place: Versioned<Site | Rack>;
  tenants: Tenant[];
}

export function PlaceEdit({ path, onDone }: PlaceEditProps) {
  const read = useLoad(path, async (signal): Promise<Read> => {
    const [place, tenants] = await Promise.all([
      getVersioned<Site | Rack>(path, signal),
      all<Tenant>("/tenants", signal),
    ]);
    return { place, tenants };
  });
  return (
    <Dialog title={tShared("edit")} onClose={() => onDone(false)}>
      <Shown of={read}>{(known) => <Form path={path} read={known} onDone={onDone} />}</Shown>
    </Dialog>
  );
}

/** What may be sent back of it. */
function sendable(place: Site | Rack): NewSite | NewRack {
  const { id: _id, version: _version, created_at: _created, updated_at: _updated, ...rest } = place;
  return rest;
}

function Form({ path, read: { place, tenants }, onDone }: PlaceEditProps & { read: Read }) {
  const [tenantId, setTenantId] = useState(place.data.tenant_id ?? "");
  const isSite = "label_signing" in place.data;
  const [signing, setSigning] = useState<LabelSigning>(isSite ? (place.data as Site).label_signing : "off");
  const [mask, setMask] = useState<CameraMask>(isSite ? (place.data as Site).camera_mask : "off");
  const acting = useActing();
  const save = async (name: string) => {
    const asked = isSite ? { label_signing: signing, camera_mask: mask } : {};
    await put(path, { ...sendable(place.data), name, tenant_id: tenantId || null, ...asked }, place.etag);
    onDone(true);
  };
  return (
    <form class="form" onSubmit={submits((form) => acting.run(() => save(textOf(form, "name"))))}>
      <Field
        label={t("name")}
        name="name"
        defaultValue={place.data.name}
        maxLength={100}
        required
        autofocus
        error={acting.problem}
      />
      <TenantField tenants={tenants} value={tenantId} onChange={setTenantId} />
      {isSite && <SigningField value={signing} onChange={setSigning} />}
      {isSite && <MaskField value={mask} onChange={setMask} />}
      <div class="ui-actions">
        <Button onClick={() => onDone(false)}>{tShared("cancel")}</Button>
        <Button type="submit" look="primary" isBusy={acting.isBusy} data-testid="save-place">
          {tShared("save")}
        </Button>
      </div>
    </form>
  );
}

/** Of what is asked at a site. */
const STRICTNESS = ["off", "warn", "enforce"] as const;

interface SigningFieldProps {
  value: LabelSigning;
  onChange: (signing: LabelSigning) => void;
}

function SigningField({ value, onChange }: SigningFieldProps) {
  return (
    <SelectField
      label={t("signing")}
      hint={t("signingHint")}
      value={value}
      choices={STRICTNESS.map((one) => ({ value: one, label: t(`signing_${one}`) }))}
      onChange={(chosen) => onChange(chosen as LabelSigning)}
    />
  );
}

interface MaskFieldProps {
  value: CameraMask;
  onChange: (mask: CameraMask) => void;
}

function MaskField({ value, onChange }: MaskFieldProps) {
  return (
    <SelectField
      label={t("mask")}
      hint={t("maskHint")}
      value={value}
      choices={STRICTNESS.map((one) => ({ value: one, label: t(`mask_${one}`) }))}
      onChange={(chosen) => onChange(chosen as CameraMask)}
    />
  );
}

interface TenantFieldProps {
  tenants: readonly Tenant[];
  value: string;
  onChange: (id: string) => void;
}

/** Whose it is: a tenant's, or the operator's own. */
export function TenantField({ tenants, value, onChange }: TenantFieldProps) {
  return (
    <SelectField
      label={t("tenant")}
      hint={t("tenantHint")}
      value={value}
      choices={[
        { value: "", label: t("ownTenant") },
        ...tenants.map(({ id, name }) => ({ value: id, label: name })),
      ]}
      onChange={onChange}
    />
  );
}
