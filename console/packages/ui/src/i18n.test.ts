import { beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, fill, language, localText, words } from "./i18n";

const t = words({ saved: ["{count} saved", "已儲存 {count} 筆", "已保存 {count} 条"] });

describe("words", () => {
  beforeEach(() => {
    language.value = "en";
  });

  it("come in the language on screen, and change with it", () => {
    expect(t("saved", { count: 3 })).toBe("3 saved");
    language.value = "zh-Hant";
    expect(t("saved", { count: 3 })).toBe("已儲存 3 筆");
  });

  it("keep a hole that nobody filled, so that it is noticed", () => {
    expect(fill("{a} and {b}", { a: 1 })).toBe("1 and {b}");
  });

  it("of a many-language field fall back to English", () => {
    language.value = "zh-Hans";
    expect(localText({ en: "Unplug", "zh-Hant": "拔除" })).toBe("Unplug");
  });

  it.each([
    [["zh-TW"], "zh-Hant"],
    [["zh-CN", "en"], "zh-Hans"],
    [["zh-HK"], "zh-Hant"],
    [["", "de", "en-GB"], "en"],
    [["de"], "en"],
  ])("for %j are %s", (wishes, expected) => {
    expect(chooseLanguage(wishes)).toBe(expected);
  });
});
