/** Tenants: whose equipment stands here. Add, rename, remove. */
import type { NewTenant, Tenant } from "@nearhand/contract";
import { AreaField, Button, Confirm, date, Dialog, EmptyState, Field, notify, useLoad } from "@nearhand/ui";
import building from "lucide-static/icons/building-2.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import { useState } from "preact/hooks";
import { submits, textOf, useActing } from "../access/acting";
import { may } from "../access/identity";
import { all } from "../devices/registry";
import { getVersioned, post, put, remove } from "../rest";
import { Shown, sentence } from "../shell/Shown";
import { t as tShared } from "../words";
import { t } from "./words";

export function TenantsPage() {
  const tenants = useLoad("tenants", (signal) => all<Tenant>("/tenants", signal));
  const [edited, setEdited] = useState<Tenant | "new">();
  const [removing, setRemoving] = useState<Tenant>();
  const drop = async (tenant: Tenant) => {
    setRemoving(undefined);
    try {
      await remove(`/tenants/${tenant.id}`, (await getVersioned(`/tenants/${tenant.id}`)).etag);
      tenants.reload();
    } catch (error) {
      notify(sentence(error), "bad");
    }
  };
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("tenants")}</h1>
        <span class="gap" />
        {may("devices.write") && (
          <Button look="primary" icon={plus} onClick={() => setEdited("new")} data-testid="add-tenant">
            {t("addTenant")}
          </Button>
        )}
      </header>
      <Shown of={tenants}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon={building} title={t("noTenants")}>
              <p>{t("noTenantsHint")}</p>
            </EmptyState>
          ) : (
            <ul class="rows panel" data-testid="tenants">
              {items.map((tenant) => (
                <li key={tenant.id}>
                  <div>
                    <b>{tenant.name}</b>
                    <small>{[date(tenant.created_at), tenant.notes].filter(Boolean).join(" · ")}</small>
                  </div>
                  {may("devices.write") && (
                    <span class="button-row">
                      <Button onClick={() => setEdited(tenant)}>{tShared("edit")}</Button>
                      <Button onClick={() => setRemoving(tenant)}>{tShared("remove")}</Button>
                    </span>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      {edited && (
        <TenantDialog
          tenant={edited === "new" ? null : edited}
          onDone={(isSaved) => {
            setEdited(undefined);
            if (isSaved) tenants.reload();
          }}
        />
      )}
      {removing && (
        <Confirm
          title={tShared("remove")}
          body={t("removeTenantAsk", { name: removing.name })}
          yes={tShared("remove")}
          no={tShared("cancel")}
          onYes={() => void drop(removing)}
          onNo={() => setRemoving(undefined)}
        />
      )}
    </div>
  );
}

interface TenantDialogProps {
  tenant: Tenant | null;
  onDone: (isSaved: boolean) => void;
}

function TenantDialog({ tenant, onDone }: TenantDialogProps) {
  const acting = useActing();
  // Asked for as the dialog opens, so that what somebody else changes meanwhile is told, not overwritten.
  const read = useLoad(`tenant/${tenant?.id}`, (signal) =>
    tenant ? getVersioned<Tenant>(`/tenants/${tenant.id}`, signal) : Promise.resolve(null),
  );
  const [notes, setNotes] = useState(tenant?.notes ?? "");
  const save = async (name: string, days: string) => {
    const body = { name, notes, recording_days: days ? Number(days) : null } satisfies NewTenant;
    if (tenant) await put(`/tenants/${tenant.id}`, body, read.data!.etag);
    else await post("/tenants", body);
    onDone(true);
  };
  return (
    <Dialog title={t(tenant ? "changeTenant" : "addTenant")} onClose={() => onDone(false)}>
      <form
        class="form"
        onSubmit={submits((form) =>
          acting.run(() => save(textOf(form, "name"), textOf(form, "recording_days"))),
        )}
      >
        <Field
          label={t("name")}
          name="name"
          defaultValue={tenant?.name}
          maxLength={100}
          required
          autofocus
          error={acting.problem ?? (read.status === "failed" ? sentence(read.error) : undefined)}
        />
        <Field
          label={t("recordingDays")}
          hint={t("recordingDaysHint")}
          name="recording_days"
          type="number"
          min={1}
          max={3650}
          defaultValue={tenant?.recording_days ?? ""}
        />
        <AreaField label={t("notes")} value={notes} rows={3} maxLength={2000} onInput={setNotes} />
        <div class="ui-actions">
          <Button onClick={() => onDone(false)}>{tShared("cancel")}</Button>
          <Button
            type="submit"
            look="primary"
            isBusy={acting.isBusy}
            disabled={read.status !== "ready"}
            data-testid="save-tenant"
          >
            {tShared("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
