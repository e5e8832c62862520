/** The ways to every page: a rail on the left; on a phone a bar in the thumb's reach, with the rest one tap away. */
import { Button, Dialog, Icon, IconButton } from "@nearhand/ui";
import { useSignal } from "@preact/signals";
import building from "lucide-static/icons/building-2.svg?raw";
import bookOpen from "lucide-static/icons/book-open.svg?raw";
import ellipsis from "lucide-static/icons/ellipsis.svg?raw";
import fileDown from "lucide-static/icons/file-down.svg?raw";
import layoutGrid from "lucide-static/icons/layout-grid.svg?raw";
import link from "lucide-static/icons/link.svg?raw";
import logOut from "lucide-static/icons/log-out.svg?raw";
import scroll from "lucide-static/icons/scroll-text.svg?raw";
import search from "lucide-static/icons/search.svg?raw";
import server from "lucide-static/icons/server.svg?raw";
import tags from "lucide-static/icons/tags.svg?raw";
import user from "lucide-static/icons/circle-user-round.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import warehouse from "lucide-static/icons/warehouse.svg?raw";
import type { Permission } from "@nearhand/contract";
import { may, me, signOut } from "../access/identity";
import { navigate, route } from "../router";
import { paths, type View } from "../routes";
import { ringing } from "../wall/wall";
import { t } from "../words";
import { LanguageSwitch, ThemeSwitch } from "./Switches";

interface Place {
  word:
    | "wall"
    | "devices"
    | "places"
    | "guides"
    | "labels"
    | "import"
    | "people"
    | "tenants"
    | "links"
    | "audit"
    | "account";
  to: string;
  icon: string;
  views: readonly View[];
  /** null: whoever has an account. */
  needs: Permission | null;
  /** On a phone only these stand in the bar; the others are under "More". */
  isFirst?: boolean;
}

const PLACES: readonly Place[] = [
  {
    word: "wall",
    to: paths.wall,
    icon: layoutGrid,
    views: ["wall", "desk"],
    needs: "sessions.list",
    isFirst: true,
  },
  {
    word: "devices",
    to: paths.devices,
    icon: server,
    views: ["devices", "device", "device-form"],
    needs: "devices.read",
    isFirst: true,
  },
  {
    word: "places",
    to: paths.places,
    icon: warehouse,
    views: ["places", "rack"],
    needs: "devices.read",
    isFirst: true,
  },
  { word: "guides", to: paths.guides, icon: bookOpen, views: ["guides", "guide"], needs: "manuals.read" },
  { word: "labels", to: paths.labels, icon: tags, views: ["labels"], needs: "labels.make" },
  { word: "import", to: paths.import, icon: fileDown, views: ["import"], needs: "devices.write" },
  { word: "people", to: paths.people, icon: users, views: ["people", "person"], needs: "people.manage" },
  { word: "tenants", to: paths.tenants, icon: building, views: ["tenants"], needs: "devices.write" },
  { word: "links", to: paths.links, icon: link, views: ["links"], needs: "sessions.invite" },
  { word: "audit", to: paths.audit, icon: scroll, views: ["audit"], needs: "audit.read" },
  { word: "account", to: paths.account, icon: user, views: ["account"], needs: null },
];

export const placesOpen = (): Place[] => PLACES.filter(({ needs }) => needs === null || may(needs));

const isHere = (place: Place) => place.views.includes(route.value.view);

function leave() {
  void signOut();
  navigate(paths.wall);
}

export function Rail({ onSearch }: { onSearch: () => void }) {
  const isMoreOpen = useSignal(false);
  const open = placesOpen();
  const rest = open.filter((place) => !place.isFirst);
  return (
    <>
      <nav class="rail" aria-label={t("navigation")}>
        <a class="rail-mark" href={paths.wall} aria-label="Nearhand">
          <Mark />
        </a>
        {open.map((place) => (
          <a
            key={place.word}
            href={place.to}
            class={place.isFirst ? "rail-place" : "rail-place is-wide-only"}
            aria-current={isHere(place) ? "page" : undefined}
            data-testid={`nav-${place.word}`}
          >
            <Icon svg={place.icon} />
            <span>{t(place.word)}</span>
            {place.word === "wall" && ringing.value > 0 && <b class="rail-flag">{ringing.value}</b>}
          </a>
        ))}
        <span class="rail-gap" />
        <button type="button" class="rail-place is-phone-only" onClick={onSearch} data-testid="nav-search">
          <Icon svg={search} />
          <span>{t("search")}</span>
        </button>
        <button
          type="button"
          class="rail-place is-phone-only"
          aria-haspopup="dialog"
          aria-expanded={isMoreOpen.value}
          data-current={rest.some(isHere)}
          data-testid="nav-more"
          onClick={() => (isMoreOpen.value = true)}
        >
          <Icon svg={ellipsis} />
          <span>{t("more")}</span>
        </button>
        <div class="rail-switches">
          <IconButton
            svg={search}
            label={`${t("jump")} Ctrl-K`}
            onClick={onSearch}
            data-testid="open-palette"
          />
          <ThemeSwitch />
          <LanguageSwitch isShort />
          <IconButton
            svg={logOut}
            label={`${t("signOut")}: ${me.value?.display_name ?? ""}`}
            onClick={leave}
            data-testid="sign-out"
          />
        </div>
      </nav>
      {isMoreOpen.value && <More places={rest} onClose={() => (isMoreOpen.value = false)} />}
    </>
  );
}

function More({ places, onClose }: { places: readonly Place[]; onClose: () => void }) {
  return (
    <Dialog title={t("more")} onClose={onClose} isSheet>
      <ul class="more-places">
        {places.map((place) => (
          <li key={place.word}>
            <a
              href={place.to}
              aria-current={isHere(place) ? "page" : undefined}
              onClick={onClose}
              data-testid={`more-${place.word}`}
            >
              <Icon svg={place.icon} />
              {t(place.word)}
            </a>
          </li>
        ))}
        <li>
          <button type="button" onClick={leave} data-testid="more-sign-out">
            <Icon svg={logOut} />
            {t("signOut")} · {me.value?.display_name}
          </button>
        </li>
      </ul>
      <div class="more-switches">
        <LanguageSwitch />
        <ThemeSwitch />
        <Button onClick={onClose}>{t("close")}</Button>
      </div>
    </Dialog>
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
