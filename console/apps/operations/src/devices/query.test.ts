import { expect, it } from "vitest";
import { askFor, nextSort, pageOf } from "./query";

it("asks for what the address says", () => {
  const query = new URLSearchParams("q=tor r07&status=active&sort=-name&page=3&stranger=1");
  expect(askFor(query)).toEqual({
    q: "tor r07",
    site_id: undefined,
    rack_id: undefined,
    kind: undefined,
    status: "active",
    tenant_id: undefined,
    sort: "-name",
    limit: 50,
    offset: 100,
  });
});

it.each([
  ["", 1],
  ["page=0", 1],
  ["page=-4", 1],
  ["page=x", 1],
  ["page=2", 2],
])("%j is page %i", (query, page) => {
  expect(pageOf(new URLSearchParams(query))).toBe(page);
});

it("sorts upwards, then downwards, then no more", () => {
  expect(nextSort(null, "name")).toBe("name");
  expect(nextSort("name", "name")).toBe("-name");
  expect(nextSort("-name", "name")).toBeNull();
  expect(nextSort("serial", "name")).toBe("name");
});
