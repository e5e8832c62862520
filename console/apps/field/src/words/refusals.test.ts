// @vitest-environment happy-dom
import { Refusal } from "@nearhand/contract";
import { language } from "@nearhand/ui";
import { afterEach, expect, it } from "vitest";
import { refusalText } from "./refusals";

afterEach(() => void (language.value = "en"));

it.each(["zh-Hant", "zh-Hans"] as const)("a refusal leaves no English on a page in %s", (tag) => {
  language.value = tag;
  for (const [status, code] of [
    [401, "wrong_credentials"],
    [429, "too_many"],
    [502, "http_error"],
    [422, "unheard_of"],
  ] as const)
    // prettier-ignore
    expect(refusalText(new Refusal(status, code, "Title", "Some detail."))).not.toMatch(/[A-Za-z]/);
});

it("a refusal without words of ours is said in the service's own, in English", () => {
  expect(refusalText(new Refusal(422, "unheard_of", "Title", "Some detail."))).toBe("Some detail.");
  expect(refusalText(new Refusal(503, "unavailable", "Title", ""))).toMatch(/in trouble/);
});
