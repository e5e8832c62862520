/** The rows of the registry. One row has the cursor; J and K move it, Enter opens it. */
import type { Device } from "@nearhand/contract";
import { date } from "@nearhand/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import { navigate, query, setQuery } from "../router";
import { paths } from "../routes";
import { COLUMNS, nextSort, sortField, type Column } from "./query";
import { typeName, type Registry } from "./registry";
import { StatusFlag } from "./StatusFlag";
import { t } from "./words";

interface DevicesTableProps {
  devices: readonly Device[];
  registry: Registry | undefined;
  isStale: boolean;
}

export function DevicesTable({ devices, registry, isStale }: DevicesTableProps) {
  const [cursor, setCursor] = useState(0);
  const body = useRef<HTMLTableSectionElement>(null);
  const isMoved = useRef(false);
  useEffect(() => setCursor(0), [devices]);
  useEffect(() => {
    if (isMoved.current) body.current?.rows[cursor]?.querySelector("a")?.focus();
  }, [cursor]);
  useEffect(() => {
    const walk = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (
        /INPUT|TEXTAREA|SELECT/.test(target.tagName) ||
        event.ctrlKey ||
        event.metaKey ||
        document.querySelector("dialog[open]")
      )
        return;
      const by = { j: 1, k: -1 }[event.key];
      if (by !== undefined) {
        isMoved.current = true;
        setCursor((now) => Math.min(devices.length - 1, Math.max(0, now + by)));
      }
      if (event.key === "Enter" && target === document.body && devices[cursor])
        navigate(paths.device(devices[cursor].id));
    };
    addEventListener("keydown", walk);
    return () => removeEventListener("keydown", walk);
  }, [devices, cursor]);
  return (
    <div class="table-wrap" aria-busy={isStale}>
      <table class="table">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <Head key={column} column={column} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {devices.map((device, n) => (
            <tr
              key={device.id}
              class={n === cursor ? "has-cursor" : ""}
              data-testid="device-row"
              onClick={(event) =>
                !(event.target as Element).closest("a") && navigate(paths.device(device.id))
              }
            >
              {COLUMNS.map((column) => (
                <td key={column} class={`col-${column}`}>
                  <Cell column={column} device={device} registry={registry} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({ column }: { column: Column }) {
  const field = sortField(column);
  const now = query.value.get("sort");
  const direction = now === field ? "ascending" : now === `-${field}` ? "descending" : "none";
  return (
    <th scope="col" class={`col-${column}`} aria-sort={field ? direction : undefined}>
      {field ? (
        <button type="button" onClick={() => setQuery({ sort: nextSort(now, field), page: null })}>
          {t(column)}
          <span aria-hidden="true">
            {direction === "ascending" ? " ↑" : direction === "descending" ? " ↓" : ""}
          </span>
        </button>
      ) : (
        t(column)
      )}
    </th>
  );
}

function Cell({
  column,
  device,
  registry,
}: {
  column: Column;
  device: Device;
  registry: Registry | undefined;
}) {
  switch (column) {
    case "asset_tag":
      return (
        <a href={paths.device(device.id)} class="tag">
          {device.asset_tag}
        </a>
      );
    case "rack":
      return <>{registry?.racks.find((rack) => rack.id === device.rack_id)?.name ?? ""}</>;
    case "type": {
      const type = registry?.types.find((each) => each.id === device.device_type_id);
      return <>{type ? typeName(type) : ""}</>;
    }
    case "status":
      return <StatusFlag status={device.status} />;
    case "updated":
      return <>{date(device.updated_at)}</>;
    case "tenant":
      return <>{registry?.tenants.find((tenant) => tenant.id === device.tenant_id)?.name ?? ""}</>;
    case "position_u":
      return <>{device.position_u ?? ""}</>;
    default:
      return <>{device[column]}</>;
  }
}
