import type { Grant } from "@nearhand/contract";
import { describe, expect, it } from "vitest";
import { firstGrant, mayGive } from "./grants";

const everywhere: Grant[] = [{ role: "admin" }];
const ofTenant: Grant[] = [{ role: "admin", tenant_id: "T" }, { role: "expert" }];

describe("what an administrator may hand out", () => {
  it("is anything for one who administers everything", () => {
    expect(mayGive({ role: "admin", site_id: "S" }, everywhere)).toBe(true);
    expect(mayGive({ role: "observer" }, everywhere)).toBe(true);
  });

  it("stays within the tenant of one who administers a tenant, whatever else they are elsewhere", () => {
    expect(mayGive({ role: "admin", tenant_id: "T", rack_id: "R" }, ofTenant)).toBe(true);
    expect(mayGive({ role: "observer" }, ofTenant)).toBe(false);
    expect(mayGive({ role: "observer", tenant_id: "other" }, ofTenant)).toBe(false);
  });

  it("is nothing for who administers nothing", () => {
    expect(mayGive({ role: "observer" }, [{ role: "expert" }])).toBe(false);
  });

  it("begins where it may be given", () => {
    for (const own of [everywhere, ofTenant]) expect(mayGive(firstGrant(own), own)).toBe(true);
  });
});
