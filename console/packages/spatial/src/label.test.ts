import { expect, it } from "vitest";
import { readLabelText } from "./label";

it("knows our labels, whatever the case and wherever the service lives", () => {
  expect(readLabelText("HTTPS://OPS.EXAMPLE:8443/D/AB12CD34")).toEqual({ kind: "ours", code: "AB12CD34" });
  expect(readLabelText("https://ops.example/nearhand/d/ab12cd34")).toEqual({
    kind: "ours",
    code: "AB12CD34",
  });
});

it("calls every other code foreign", () => {
  for (const text of [
    "HTTPS://OPS.EXAMPLE/D/AB12CD3",
    "S/N 1234",
    "HTTPS://OPS.EXAMPLE/D/AB12CDUI",
    "",
    "/D/AB12CD34",
  ])
    expect(readLabelText(text)).toEqual({ kind: "foreign", text });
});
