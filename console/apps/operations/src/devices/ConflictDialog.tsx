/** Two people changed one device: both versions side by side, and a choice. */
import type { NewDevice } from "@nearhand/contract";
import { Button, Dialog } from "@nearhand/ui";
import { t as tShared } from "../words";
import { typeName, type Registry } from "./registry";
import { t, type DeviceWord } from "./words";

interface ConflictProps {
  mine: NewDevice;
  theirs: NewDevice;
  registry: Registry;
  onClose: () => void;
  onTheirs: () => void;
  onMine: () => void;
}

const WORDS: Record<keyof NewDevice, DeviceWord> = {
  asset_tag: "asset_tag",
  name: "name",
  serial: "serial",
  device_type_id: "type",
  site_id: "site",
  rack_id: "rack",
  position_u: "position_u",
  face: "facing",
  status: "status",
  tenant_id: "tenant",
  notes: "notes",
};

export function ConflictDialog({ mine, theirs, registry, onClose, onTheirs, onMine }: ConflictProps) {
  const fields = Object.keys(WORDS) as (keyof NewDevice)[];
  const different = fields.filter((field) => (mine[field] ?? "") !== (theirs[field] ?? ""));
  return (
    <Dialog title={t("stale")} onClose={onClose} isWide>
      <p>{t("staleHint")}</p>
      <table class="table" data-testid="conflict">
        <thead>
          <tr>
            <th />
            <th scope="col">{t("theirs")}</th>
            <th scope="col">{t("yours")}</th>
          </tr>
        </thead>
        <tbody>
          {different.map((field) => (
            <tr key={field}>
              <th scope="row">{t(WORDS[field])}</th>
              <td>{shown(field, theirs, registry)}</td>
              <td>
                <b>{shown(field, mine, registry)}</b>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="ui-actions">
        <Button onClick={onClose}>{tShared("cancel")}</Button>
        <Button onClick={onTheirs}>{t("takeTheirs")}</Button>
        <Button look="primary" onClick={onMine} data-testid="save-mine">
          {t("saveMine")}
        </Button>
      </div>
    </Dialog>
  );
}

function shown(
  field: keyof NewDevice,
  device: NewDevice,
  { sites, racks, types, tenants }: Registry,
): string {
  const value = device[field];
  const named = (list: readonly { id: string; name: string }[]) => list.find(({ id }) => id === value)?.name;
  const type = field === "device_type_id" ? types.find(({ id }) => id === value) : undefined;
  const name =
    field === "site_id"
      ? named(sites)
      : field === "rack_id"
        ? named(racks)
        : field === "tenant_id"
          ? (named(tenants) ?? t("operator"))
          : type && typeName(type);
  return name ?? String(value ?? "–");
}
