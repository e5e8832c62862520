/** The table's filters, sorting and page, as they stand in the address and as they are asked of the service. */
import type { DeviceKind, DeviceStatus } from "@nearhand/contract";
import type { Query } from "../rest";

export const PAGE_SIZE = 50;
export const FILTERS = ["q", "site_id", "rack_id", "kind", "status", "tenant_id"] as const;
export type Filter = (typeof FILTERS)[number];

export const STATUSES: readonly DeviceStatus[] = ["planned", "active", "offline", "failed", "decommissioned"];
export const KINDS: readonly DeviceKind[] = [
  "switch",
  "router",
  "server",
  "storage",
  "pdu",
  "ups",
  "patch_panel",
  "other",
];
export const COLUMNS = [
  "asset_tag",
  "name",
  "serial",
  "rack",
  "position_u",
  "type",
  "status",
  "tenant",
  "updated",
] as const;
export type Column = (typeof COLUMNS)[number];

/** What the service sorts by; racks and types are named by id there. */
const SORTED: Partial<Record<Column, string>> = {
  asset_tag: "asset_tag",
  name: "name",
  serial: "serial",
  position_u: "position_u",
  status: "status",
  updated: "updated_at",
};

export function sortField(column: Column): string | null {
  return SORTED[column] ?? null;
}

export function filtersOf(query: URLSearchParams): Query {
  return Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? undefined]));
}

export function pageOf(query: URLSearchParams): number {
  return Math.max(1, Math.trunc(Number(query.get("page"))) || 1);
}

export function askFor(query: URLSearchParams): Query {
  return {
    ...filtersOf(query),
    sort: query.get("sort"),
    limit: PAGE_SIZE,
    offset: (pageOf(query) - 1) * PAGE_SIZE,
  };
}

/** First click sorts upwards, the second downwards, the third no more. */
export function nextSort(now: string | null, field: string): string | null {
  return now === field ? `-${field}` : now === `-${field}` ? null : field;
}
