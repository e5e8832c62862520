// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { setLanguage } from "../i18n";
import { PHRASES, phraseText } from "./phrases";

it("shows a phrase in the reader's language, whatever language it was said in", () => {
  const line = { text: "Which port?", phrase: "which_port" };
  setLanguage("zh-Hant", { remember: false });
  expect(phraseText(line)).toBe("哪一個連接埠？");
  setLanguage("en", { remember: false });
  expect(phraseText(line)).toBe("Which port?");
});

it("shows the words that came with it where a phrase is not known, and of what is none", () => {
  expect(phraseText({ text: "Of a newer app", phrase: "not_known_yet" })).toBe("Of a newer app");
  expect(phraseText({ text: "typed", phrase: null })).toBe("typed");
  expect(phraseText({ text: "typed", phrase: "toString" })).toBe("typed");
});

it("names phrases as the service takes them", () => {
  for (const id of PHRASES) expect(id).toMatch(/^[a-z][a-z0-9_]{0,39}$/);
});
