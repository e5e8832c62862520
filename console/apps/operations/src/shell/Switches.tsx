/** Language and theme, wherever they are offered. */
import {
  IconButton,
  LANGUAGE_NAMES,
  LANGUAGES,
  language,
  setLanguage,
  setTheme,
  theme,
  type Language,
} from "@nearhand/ui";
import moon from "lucide-static/icons/moon.svg?raw";
import sun from "lucide-static/icons/sun.svg?raw";
import { t } from "../words";

const SHORT: Record<Language, string> = { en: "EN", "zh-Hant": "繁", "zh-Hans": "简" };

/** `isShort` where there is room for a sign only, as on the rail. */
export function LanguageSwitch({ isShort = false }: { isShort?: boolean }) {
  return (
    <select
      class="language"
      aria-label={t("language")}
      value={language.value}
      data-testid="language"
      onChange={(event) => setLanguage(event.currentTarget.value as Language)}
    >
      {LANGUAGES.map((tag) => (
        <option key={tag} value={tag} lang={tag}>
          {isShort ? SHORT[tag] : LANGUAGE_NAMES[tag]}
        </option>
      ))}
    </select>
  );
}

export function ThemeSwitch() {
  const isDark = theme.value === "dark";
  return (
    <IconButton
      svg={isDark ? sun : moon}
      label={t(isDark ? "toLight" : "toDark")}
      data-testid="theme"
      onClick={() => setTheme(isDark ? "light" : "dark")}
    />
  );
}
