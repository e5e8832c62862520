/** What somebody may do, and where: a chip for each grant. */
import type { Grant } from "@nearhand/contract";
import { all } from "../devices/registry";
import type { Rack, Site, Tenant } from "@nearhand/contract";
import { t } from "./words";

export interface GrantPlaces {
  tenants: Tenant[];
  sites: Site[];
  racks: Rack[];
}

export async function loadPlaces(signal?: AbortSignal): Promise<GrantPlaces> {
  const [tenants, sites, racks] = await Promise.all([
    all<Tenant>("/tenants", signal),
    all<Site>("/sites", signal),
    all<Rack>("/racks", signal),
  ]);
  return { tenants, sites, racks };
}

const nameIn = (things: readonly { id: string; name: string }[] | undefined, id: string | null | undefined) =>
  id && (things?.find((thing) => thing.id === id)?.name ?? id.slice(0, 8));

/** "Technician at Hall North, R007": the place by its names, as far as they may be known. */
export function grantWords(grant: Grant, places: GrantPlaces | undefined): string {
  const where = [
    nameIn(places?.tenants, grant.tenant_id),
    nameIn(places?.sites, grant.site_id),
    nameIn(places?.racks, grant.rack_id),
  ].filter(Boolean);
  return where.length === 0
    ? `${t(grant.role)} · ${t("everywhere")}`
    : `${t(grant.role)} · ${where.join(", ")}`;
}

export function GrantChips({
  grants,
  places,
}: {
  grants: readonly Grant[];
  places: GrantPlaces | undefined;
}) {
  if (grants.length === 0) return <span class="soft">{t("noGrants")}</span>;
  return (
    <span class="chips">
      {grants.map((grant) => (
        <span class="chip" key={JSON.stringify(grant)}>
          {grantWords(grant, places)}
        </span>
      ))}
    </span>
  );
}
