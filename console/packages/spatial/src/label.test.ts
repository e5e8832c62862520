import { expect, it } from "vitest";
import { readLabelText } from "./label";

it("knows our labels, whatever the case and wherever the service lives", () => {
  expect(readLabelText("HTTPS://OPS.EXAMPLE:8443/D/AB12CD34")).toEqual({ kind: "ours", code: "AB12CD34" });
  expect(readLabelText("https://ops.example/nearhand/d/ab12cd34")).toEqual({
    kind: "ours",
    code: "AB12CD34",
  });
});

it("keeps the signature with the code, also one that is cut off", () => {
  for (const code of ["AB12CD34-0ABCDEFGHJK", "AB12CD34-0A", "AB12CD34-"])
    expect(readLabelText(`https://ops.example/d/${code.toLowerCase()}`)).toEqual({ kind: "ours", code });
});

it("calls every other code foreign", () => {
  for (const text of [
    "HTTPS://OPS.EXAMPLE/D/AB12CD3",
    "S/N 1234",
    "HTTPS://OPS.EXAMPLE/D/AB12CDUI",
    "",
    "/D/AB12CD34",
    "HTTPS://OPS.EXAMPLE/D/AB12CD34-0A-B",
    `HTTPS://OPS.EXAMPLE/D/AB12CD34-${"0".repeat(2000)}`,
  ])
    expect(readLabelText(text)).toEqual({ kind: "foreign", text });
});
