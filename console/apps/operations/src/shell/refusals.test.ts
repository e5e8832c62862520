// @vitest-environment happy-dom
import { Refusal, Unreachable } from "@nearhand/contract";
import { language } from "@nearhand/ui";
import { afterEach, describe, expect, it } from "vitest";
import { explain, sentence } from "./Shown";

afterEach(() => void (language.value = "en"));

describe("a refusal", () => {
  const gone = new Refusal(404, "not_found", "There is no such thing here", "No device 0123.");

  it("is said in English with the service's own sentence", () => {
    expect(sentence(gone)).toBe("There is no such thing here. No device 0123.");
  });

  it.each(["zh-Hant", "zh-Hans"] as const)(
    "leaves no English in %s, also under a code without words of ours",
    (tag) => {
      language.value = tag;
      const unheardOf = new Refusal(409, "no_tags_left", "All tag ids of this rack are in use", "Rack R07.");
      for (const refusal of [gone, unheardOf, new Refusal(502, "http_error", "Bad Gateway", "")])
        expect(sentence(refusal)).not.toMatch(/[A-Za-z]/);
    },
  );

  it("names the faulty fields in any language", () => {
    language.value = "zh-Hans";
    const invalid = new Refusal(422, "invalid", "The request is not valid", "", [
      { where: ["body", "serial"], message: "too long" },
    ]);
    expect(explain(invalid).detail).toBe("serial: too long");
  });

  it("is not what silence is called", () => {
    expect(explain(new Unreachable("Failed to fetch")).title).toBe("The service cannot be reached");
  });
});
