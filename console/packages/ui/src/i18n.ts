/** One catalogue per app: `en` says which messages exist, the others must have them all. */

export const LANGUAGES = ["en", "zh-Hant", "zh-Hans"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Catalogue<Key extends string> = Record<Language, Record<Key, string>>;

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
