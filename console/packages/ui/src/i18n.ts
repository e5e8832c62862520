/** Words in three languages: catalogues, the chosen language as a signal, and the holes in a message. */
import { signal } from "@preact/signals";

export const LANGUAGES = ["en", "zh-Hant", "zh-Hans"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Catalogue<Key extends string> = Record<Language, Record<Key, string>>;

export const LANGUAGE_NAMES: Record<Language, string> = {
  en: "English",
  "zh-Hant": "繁體中文",
  "zh-Hans": "简体中文",
};

/** The best supported language for a list of wishes, e.g. `navigator.languages`. */
export function chooseLanguage(wishes: readonly string[]): Language {
  for (const wish of wishes) {
    const tag = wish.toLowerCase();
    if (tag.startsWith("zh")) return /hans|cn|sg/.test(tag) ? "zh-Hans" : "zh-Hant";
    if (tag.startsWith("en")) return "en";
  }
  return "en";
}

/** Fill `{name}` holes of a message. */
export function fill(message: string, values: Record<string, string | number>): string {
  return message.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

/** The language on screen. Components that translate re-render when it changes. */
export const language = signal<Language>("en");

const STORED = "nearhand.language";

/** Take the language chosen earlier on this machine, else the browser's. */
export function restoreLanguage(): void {
  setLanguage(chooseLanguage([localStorage.getItem(STORED) ?? "", ...navigator.languages]), {
    remember: false,
  });
}

export function setLanguage(next: Language, { remember = true } = {}): void {
  language.value = next;
  document.documentElement.lang = next;
  if (remember) localStorage.setItem(STORED, next);
}

export type Translate<Key extends string> = (key: Key, values?: Record<string, string | number>) => string;

/** A translator over `catalogue`, in the language on screen. */
export function translator<Key extends string>(catalogue: Catalogue<Key>): Translate<Key> {
  return (key, values) => fill(catalogue[language.value][key], values ?? {});
}

/** A translator over words listed side by side: [en, zh-Hant, zh-Hans]. */
export function words<Key extends string>(
  table: Record<Key, readonly [string, string, string]>,
): Translate<Key> {
  return (key, values) => fill(table[key][LANGUAGES.indexOf(language.value)] ?? table[key][0], values ?? {});
}

/** The text of a many-language field in the language on screen, else in English. */
export function localText(text: Record<string, string>): string {
  return text[language.value] || text["en"] || Object.values(text)[0] || "";
}
