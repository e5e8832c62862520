/** Grants to be chosen: each a role and where it holds, each condition by its name. */
import type { Grant, Role } from "@nearhand/contract";
import { Button, IconButton, SelectField } from "@nearhand/ui";
import plus from "lucide-static/icons/plus.svg?raw";
import trash from "lucide-static/icons/trash-2.svg?raw";
import type { GrantPlaces } from "../access/GrantChips";
import { me } from "../access/identity";
import { Wrong } from "../access/SignIn";
import { t as tAccess } from "../access/words";
import { firstGrant, mayGive, ROLES } from "./grants";
import { t } from "./words";

interface GrantsEditorProps {
  grants: readonly Grant[];
  places: GrantPlaces;
  onChange: (grants: Grant[]) => void;
}

export function GrantsEditor({ grants, places, onChange }: GrantsEditorProps) {
  const own = me.value?.grants ?? [];
  const replace = (index: number, next: Grant) =>
    onChange(grants.map((grant, n) => (n === index ? next : grant)));
  return (
    <fieldset class="grants" data-testid="grants">
      <legend>{t("grants")}</legend>
      {grants.map((grant, n) => (
        <div key={n}>
          <GrantRow
            grant={grant}
            places={places}
            onChange={(next) => replace(n, next)}
            onRemove={grants.length > 1 ? () => onChange(grants.filter((_, at) => at !== n)) : undefined}
          />
          {!mayGive(grant, own) && <Wrong>{t("tooWide")}</Wrong>}
        </div>
      ))}
      <div>
        <Button icon={plus} onClick={() => onChange([...grants, firstGrant(own)])} data-testid="add-grant">
          {t("addGrant")}
        </Button>
      </div>
    </fieldset>
  );
}

interface GrantRowProps {
  grant: Grant;
  places: GrantPlaces;
  onChange: (grant: Grant) => void;
  onRemove: (() => void) | undefined;
}

function GrantRow({ grant, places, onChange, onRemove }: GrantRowProps) {
  const choices = (things: readonly { id: string; name: string }[], current?: string | null) => [
    { value: "", label: t("any") },
    ...things.map(({ id, name }) => ({ value: id, label: name })),
    // A place that this person may not see keeps its row as it is.
    ...(current && !things.some(({ id }) => id === current)
      ? [{ value: current, label: current.slice(0, 8) }]
      : []),
  ];
  const racks = places.racks.filter(({ site_id }) => !grant.site_id || site_id === grant.site_id);
  return (
    <div class="grant-row">
      <SelectField
        label={tAccess("role")}
        value={grant.role}
        choices={ROLES.map((value) => ({ value, label: tAccess(value) }))}
        onChange={(role) => onChange({ ...grant, role: role as Role })}
      />
      <SelectField
        label={t("tenant")}
        value={grant.tenant_id ?? ""}
        choices={choices(places.tenants, grant.tenant_id)}
        onChange={(id) => onChange({ ...grant, tenant_id: id || null })}
      />
      <SelectField
        label={t("site")}
        value={grant.site_id ?? ""}
        choices={choices(places.sites, grant.site_id)}
        onChange={(id) => onChange({ ...grant, site_id: id || null, rack_id: null })}
      />
      <SelectField
        label={t("rack")}
        value={grant.rack_id ?? ""}
        choices={choices(racks, grant.rack_id)}
        onChange={(id) => onChange({ ...grant, rack_id: id || null })}
      />
      {onRemove && <IconButton svg={trash} label={t("removeGrant")} onClick={onRemove} />}
    </div>
  );
}
