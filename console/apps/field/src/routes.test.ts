import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("location", { pathname: "/field/", search: "" });
vi.stubGlobal("addEventListener", () => undefined);
const { parseRoute, pathOf } = await import("./routes");

describe("an address", () => {
  it("names its page, and comes back from it", () => {
    for (const route of [
      { page: "scan" },
      { page: "enrol" },
      { page: "label", code: "AB12CD34" },
      { page: "device", id: "d 1" },
      { page: "session", id: "s1" },
    ] as const)
      expect(parseRoute(pathOf(route))).toEqual(route);
  });

  it("takes a label's code in any case, and anything unknown for the scan page", () => {
    expect(parseRoute("/field/d/ab12cd34")).toEqual({ page: "label", code: "AB12CD34" });
    expect(parseRoute("/field/nonsense/x")).toEqual({ page: "scan" });
    expect(parseRoute("/field")).toEqual({ page: "scan" });
  });
});
