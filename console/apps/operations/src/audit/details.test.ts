import { describe, expect, it } from "vitest";
import { differences, doer, facts } from "./details";

const changed = {
  actor: { kind: "user" as const, id: "01" },
  details: {
    name: "Ada",
    address: "10.0.0.7",
    before: { "grants.0.role": "expert", notes: "" },
    after: { "grants.0.role": "admin", "grants.1.role": "observer" },
  },
};

describe("an entry's details", () => {
  it("put before beside after, also where one side has nothing", () => {
    expect(differences(changed)).toEqual([
      { name: "grants.0.role", before: "expert", after: "admin" },
      { name: "notes", before: "" },
      { name: "grants.1.role", after: "observer" },
    ]);
  });

  it("tell the rest by its name, without what is said elsewhere", () => {
    expect(facts(changed)).toEqual([["address", "10.0.0.7"]]);
    expect(facts({ details: { before: 3 } })).toEqual([["before", "3"]]);
  });

  it("name the doer by the name of then, and by the id once it was redacted", () => {
    expect(doer(changed)).toBe("Ada");
    expect(doer({ ...changed, details: null })).toBe("01");
  });
});
