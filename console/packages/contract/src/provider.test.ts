import { describe, expect, it } from "vitest";
import { placeOf, providerAnswer } from "./provider";

describe("the way back from the single sign-on", () => {
  it("brings a code, or why there is none", () => {
    expect(
      providerAnswer("#code=a%2Bb&state=console.x&iss=https%3A%2F%2Fid.example&session_state=y"),
    ).toEqual({
      code: "a+b",
      state: "console.x",
      error: "",
      iss: "https://id.example",
    });
    expect(providerAnswer("#error=access_denied&state=field.x")).toMatchObject({
      error: "access_denied",
      code: "",
      iss: null,
    });
    expect(providerAnswer("")).toEqual({ state: "", code: "", error: "", iss: null });
  });

  it("leads to where one was, without what would be too long an address", () => {
    expect(placeOf({ pathname: "/console/devices", search: "?q=switch" })).toBe("/console/devices?q=switch");
    expect(placeOf({ pathname: "/console/devices", search: `?q=${"x".repeat(300)}` })).toBe(
      "/console/devices",
    );
  });
});
