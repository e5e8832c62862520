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

export function LanguageSwitch() {
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
          {LANGUAGE_NAMES[tag]}
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
