// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { route } from "../routes";
import { offered, offerEnrolment } from "./enrolment";
import { bytesOf, textOf } from "./passkey";

it("a code of this service opens its page, and its secret is not in the address", () => {
  expect(offerEnrolment(`${location.origin}/enrol#secret-token`)).toBe(true);
  expect(offered.value).toBe("secret-token");
  expect(route.value).toEqual({ page: "enrol" });
  expect(location.href).not.toContain("secret");
});

it.each([
  "https://elsewhere.example/enrol#secret-token",
  `${location.origin}/enrol`,
  `${location.origin}/D/AB12CD34`,
  "no address",
])("%s is no such code", (text) => {
  expect(offerEnrolment(text)).toBe(false);
});

it("bytes of a passkey come back from their text", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
  expect(bytesOf(textOf(bytes))).toEqual(bytes);
  expect(textOf(bytes)).not.toMatch(/[+/=]/);
});
