/** Sites, the locations inside them and their racks, as one tree; each rack leads to its elevation. */
import type { Location, Rack, Site } from "@nearhand/contract";
import { Button, EmptyState, useLoad } from "@nearhand/ui";
import plus from "lucide-static/icons/plus.svg?raw";
import warehouse from "lucide-static/icons/warehouse.svg?raw";
import { useState } from "preact/hooks";
import { may } from "../access/identity";
import { loadRegistry, type Registry } from "../devices/registry";
import { paths } from "../routes";
import { Shown } from "../shell/Shown";
import { PlaceDialog, type PlaceKind } from "./PlaceDialog";
import { PlaceEdit } from "./PlaceEdit";
import { t } from "./words";

export function PlacesPage() {
  const registry = useLoad("places", loadRegistry);
  const [editing, setEditing] = useState<string>();
  const [adding, setAdding] = useState<PlaceKind>();
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("title")}</h1>
        <span class="gap" />
        {may("devices.write") &&
          (["site", "location", "rack"] as const).map((kind) => (
            <Button
              key={kind}
              icon={plus}
              disabled={kind !== "site" && !registry.data?.sites.length}
              onClick={() => setAdding(kind)}
            >
              {t(kind === "site" ? "addSite" : kind === "location" ? "addLocation" : "addRack")}
            </Button>
          ))}
      </header>
      <Shown of={registry}>{(data) => <Tree registry={data} onEdit={setEditing} />}</Shown>
      {editing && (
        <PlaceEdit
          path={`/sites/${editing}`}
          onDone={(isSaved) => {
            setEditing(undefined);
            if (isSaved) registry.reload();
          }}
        />
      )}
      {adding && registry.data && (
        <PlaceDialog
          kind={adding}
          registry={registry.data}
          onDone={(isSaved) => {
            setAdding(undefined);
            if (isSaved) registry.reload();
          }}
        />
      )}
    </div>
  );
}

interface TreeProps {
  registry: Registry;
  /** A site, by its id. */
  onEdit: (id: string) => void;
}

function Tree({ registry, onEdit }: TreeProps) {
  if (registry.sites.length === 0) {
    return (
      <EmptyState icon={warehouse} title={t("none")}>
        <p>{t("noneHint")}</p>
      </EmptyState>
    );
  }
  return (
    <ul class="tree">
      {registry.sites.map((site) => (
        <SiteBranch key={site.id} site={site} registry={registry} onEdit={onEdit} />
      ))}
    </ul>
  );
}

function SiteBranch({ site, registry, onEdit }: TreeProps & { site: Site }) {
  const tenant = registry.tenants.find(({ id }) => id === site.tenant_id)?.name;
  const racks = registry.racks.filter((rack) => rack.site_id === site.id);
  return (
    <li>
      <details open>
        <summary>
          <b>{site.name}</b>{" "}
          <span class="soft">
            {[tenant, site.address, site.timezone, t("racks", { count: racks.length })]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </summary>
        {may("devices.write") && (
          <button type="button" class="link" onClick={() => onEdit(site.id)} data-testid="edit-site">
            {t("changeSite")}
          </button>
        )}
        <Branch
          parent={null}
          locations={registry.locations.filter((each) => each.site_id === site.id)}
          racks={racks}
        />
      </details>
    </li>
  );
}

interface BranchProps {
  parent: string | null;
  locations: readonly Location[];
  racks: readonly Rack[];
}

/** Racks right here first, then the locations inside. */
function Branch({ parent, locations, racks }: BranchProps) {
  const here = racks.filter((rack) => (rack.location_id ?? null) === parent);
  const inside = locations.filter((location) => (location.parent_id ?? null) === parent);
  if (here.length + inside.length === 0) return <p class="soft">{t("noRacks")}</p>;
  return (
    <>
      {here.length > 0 && (
        <ul class="rack-links">
          {here.map((rack) => (
            <li key={rack.id}>
              <a href={paths.rack(rack.id)} data-testid="rack-link">
                <b>{rack.name}</b> <span class="soft">{rack.height_u} U</span>
              </a>
            </li>
          ))}
        </ul>
      )}
      {inside.length > 0 && (
        <ul class="tree">
          {inside.map((location) => (
            <li key={location.id}>
              <details open>
                <summary>{location.name}</summary>
                <Branch parent={location.id} locations={locations} racks={racks} />
              </details>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
