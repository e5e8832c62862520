/** What one may hand out: no higher a role than one's own where one manages people, and no wider a place. */
import type { Grant, Role } from "@nearhand/contract";

export const ROLES: readonly Role[] = ["technician", "expert", "observer", "admin"];
const RANK: readonly Role[] = ["admin", "expert", "technician", "observer"];
const CONDITIONS = ["tenant_id", "site_id", "rack_id"] as const;

/** Of one's own grants those that let one manage people: admins alone do. */
const ruling = (own: readonly Grant[]) => own.filter(({ role }) => role === "admin");

/** The service decides; this spares the person a refusal. */
export function mayGive(grant: Grant, own: readonly Grant[]): boolean {
  return ruling(own).some(
    (held) =>
      RANK.indexOf(held.role) <= RANK.indexOf(grant.role) &&
      CONDITIONS.every((name) => !held[name] || held[name] === grant[name]),
  );
}

/** Where a new grant begins: a technician, as far as one's own first grant reaches. */
export function firstGrant(own: readonly Grant[]): Grant {
  const held = ruling(own)[0];
  return {
    role: "technician",
    tenant_id: held?.tenant_id ?? null,
    site_id: held?.site_id ?? null,
    rack_id: held?.rack_id ?? null,
  };
}
