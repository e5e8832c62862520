/** Tenants, sites, racks, locations and device types, whole: lists short enough to choose from, asked for page by page. */
import type { DeviceType, Location, Rack, Site, Tenant } from "@nearhand/contract";
import { get, type Page } from "../rest";

const PAGE = 200;

export async function all<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  for (;;) {
    const page = await get<Page<T>>(path, { limit: PAGE, offset: items.length }, signal);
    items.push(...page.items);
    if (page.items.length === 0 || items.length >= page.total) return items;
  }
}

export interface Registry {
  tenants: Tenant[];
  sites: Site[];
  locations: Location[];
  racks: Rack[];
  types: DeviceType[];
}

export async function loadRegistry(signal?: AbortSignal): Promise<Registry> {
  const [tenants, sites, locations, racks, types] = await Promise.all([
    all<Tenant>("/tenants", signal),
    all<Site>("/sites", signal),
    all<Location>("/locations", signal),
    all<Rack>("/racks", signal),
    all<DeviceType>("/device-types", signal),
  ]);
  return { tenants, sites, locations, racks, types };
}

export function typeName(type: { manufacturer: string; model: string }): string {
  return `${type.manufacturer} ${type.model}`;
}
