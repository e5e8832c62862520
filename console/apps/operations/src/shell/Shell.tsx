/** The frame around every view: the rail on the left, the palette above all, and who is signed in. */
import { Icon, IconButton } from "@nearhand/ui";
import { useSignal } from "@preact/signals";
import bookOpen from "lucide-static/icons/book-open.svg?raw";
import fileDown from "lucide-static/icons/file-down.svg?raw";
import layoutGrid from "lucide-static/icons/layout-grid.svg?raw";
import logOut from "lucide-static/icons/log-out.svg?raw";
import search from "lucide-static/icons/search.svg?raw";
import server from "lucide-static/icons/server.svg?raw";
import tags from "lucide-static/icons/tags.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import warehouse from "lucide-static/icons/warehouse.svg?raw";
import type { Permission } from "@nearhand/contract";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { may, me, signOut } from "../access/identity";
import { navigate, route } from "../router";
import { paths, type View } from "../routes";
import { watchWall, ringing } from "../wall/wall";
import { t } from "../words";
import { Palette } from "./Palette";
import { LanguageSwitch, ThemeSwitch } from "./Switches";

export interface Place {
  word: "wall" | "devices" | "places" | "guides" | "labels" | "import" | "people";
  to: string;
  icon: string;
  views: readonly View[];
  needs: Permission;
}

export const PLACES: readonly Place[] = [
  { word: "wall", to: paths.wall, icon: layoutGrid, views: ["wall", "desk"], needs: "sessions.list" },
  {
    word: "devices",
    to: paths.devices,
    icon: server,
    views: ["devices", "device", "device-form"],
    needs: "devices.read",
  },
  { word: "places", to: paths.places, icon: warehouse, views: ["places", "rack"], needs: "devices.read" },
  { word: "guides", to: paths.guides, icon: bookOpen, views: ["guides", "guide"], needs: "manuals.read" },
  { word: "labels", to: paths.labels, icon: tags, views: ["labels"], needs: "labels.make" },
  { word: "import", to: paths.import, icon: fileDown, views: ["import"], needs: "devices.write" },
  { word: "people", to: paths.people, icon: users, views: ["people"], needs: "people.manage" },
];

export function Shell({ children }: { children: ComponentChildren }) {
  const isPaletteOpen = useSignal(false);
  const isGuest = me.value?.session_id != null;
  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      isPaletteOpen.value = !isPaletteOpen.value;
    };
    addEventListener("keydown", open);
    return () => removeEventListener("keydown", open);
  }, []);
  useEffect(() => (may("sessions.list") ? watchWall() : undefined), [me.value]);
  if (isGuest) return <main id="content">{children}</main>;
  return (
    <div class="shell">
      <a class="skip" href="#content" onClick={() => document.getElementById("content")?.focus()}>
        {t("skip")}
      </a>
      <Rail onSearch={() => (isPaletteOpen.value = true)} />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {isPaletteOpen.value && <Palette onClose={() => (isPaletteOpen.value = false)} />}
    </div>
  );
}

function Rail({ onSearch }: { onSearch: () => void }) {
  const leave = () => {
    void signOut();
    navigate(paths.wall);
  };
  return (
    <nav class="rail" aria-label={t("navigation")}>
      <a class="rail-mark" href={paths.wall} aria-label="Nearhand">
        <Mark />
      </a>
      {PLACES.filter((place) => may(place.needs)).map((place) => (
        <a
          key={place.word}
          href={place.to}
          class="rail-place"
          aria-current={place.views.includes(route.value.view) ? "page" : undefined}
          data-testid={`nav-${place.word}`}
        >
          <Icon svg={place.icon} />
          <span>{t(place.word)}</span>
          {place.word === "wall" && ringing.value > 0 && <b class="rail-flag">{ringing.value}</b>}
        </a>
      ))}
      <span class="rail-gap" />
      <IconButton svg={search} label={`${t("jump")} Ctrl-K`} onClick={onSearch} data-testid="open-palette" />
      <ThemeSwitch />
      <LanguageSwitch isShort />
      <IconButton
        svg={logOut}
        label={`${t("signOut")}: ${me.value?.display_name ?? ""}`}
        onClick={leave}
        data-testid="sign-out"
      />
    </nav>
  );
}

/** The house's mark: a face with a ring on one port. */
function Mark() {
  return (
    <svg viewBox="0 0 32 32" width={28} height={28} aria-hidden="true" class="mark">
      <rect x="2" y="9" width="28" height="14" rx="2" />
      <path d="M7 16h4M14 16h4" />
      <circle cx="23" cy="16" r="7" />
    </svg>
  );
}
