/** What somebody puts before everybody's eyes: a page or a picture, as large as the screen; two fingers enlarge it. */
import { API, type Document, type GivenDocument } from "@nearhand/contract";
import type { SeenScreen } from "@nearhand/live/hall";
import { clock, Icon } from "@nearhand/ui";
import { computed, signal } from "@preact/signals";
import left from "lucide-static/icons/chevron-left.svg?raw";
import right from "lucide-static/icons/chevron-right.svg?raw";
import presentation from "lucide-static/icons/presentation.svg?raw";
import x from "lucide-static/icons/x.svg?raw";
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../rest";
import { buzz } from "../hud/buzz";
import { isLive, nameOf, room, sessionId } from "../session/room";
import { t } from "../words/hall";
import { Enlargeable } from "./Enlargeable";
import { ShownScreen } from "./ShownScreen";

/** What this person has put away, by its event; it can be opened again. */
const closed = signal(0);
const given = computed(() => {
  const { document, you } = room.value ?? {};
  return isLive.value && document && document.by !== you?.id ? document : null;
});

export function ShownDocument() {
  const now = given.value;
  const known = useRef<number | null>(null);
  useEffect(() => {
    if (now && known.current !== null && known.current !== now.seq) buzz([60]);
    known.current = now?.seq ?? 0;
  }, [now?.seq]);
  if (!now || closed.value === now.seq) return null;
  return <Shown key={now.seq} given={now} name={nameOf(now.by)} close={() => (closed.value = now.seq)} />;
}

export function ShownChip() {
  const now = given.value;
  if (!now || closed.value !== now.seq) return null;
  return (
    <button type="button" class="shown-chip" data-testid="shown-open" onClick={() => (closed.value = 0)}>
      <Icon svg={presentation} size={22} />
      {t(now.document.kind === "screen" ? "open_screen" : "open_shown", { name: nameOf(now.by) })}
    </button>
  );
}

function Shown({ given, name, close }: { given: GivenDocument; name: string; close: () => void }) {
  const { document } = given;
  const button = useRef<HTMLButtonElement>(null);
  const [page, setPage] = useState(document.kind === "page" ? document.page : 1);
  const [about, setAbout] = useState<Document | null>(null);
  const [seen, setSeen] = useState<SeenScreen | null>(null);
  useEffect(() => button.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    if (document.kind !== "page") return;
    get<Document>(`/documents/${encodeURIComponent(document.document_id)}`).then(setAbout, () => undefined);
  }, []);
  const title = t(document.kind === "screen" ? "shares" : "shown_by", { name });
  const isText = about?.kind === "markdown";
  const src =
    document.kind === "page"
      ? `${API}/documents/${encodeURIComponent(document.document_id)}/${isText ? "html" : `pages/${page}.png`}`
      : document.kind === "picture"
        ? `${API}/sessions/${encodeURIComponent(sessionId.value ?? "")}/stills/${document.sha256}`
        : "";
  const pages = about?.pages ?? 1;
  return (
    <section class="shown" role="dialog" aria-label={title} data-testid="shown">
      <header>
        <p>
          {title}
          {about && <b> {about.title}</b>}
          {seen && (
            <span class="soft" data-testid="screen-as-of">
              {" "}
              {t("as_of", { time: clock(new Date(seen.at)) })}
            </span>
          )}
        </p>
        <button ref={button} type="button" class="close" aria-label={t("close")} onClick={close}>
          <Icon svg={x} size={24} />
        </button>
      </header>
      {document.kind === "screen" ? (
        <ShownScreen id={document.id} name={name} seen={seen} onSeen={setSeen} />
      ) : isText ? (
        <iframe class="document" sandbox="allow-same-origin" src={src} title={about.title} />
      ) : (
        <Enlargeable key={src} src={src} alt={t("page", { n: page, all: pages })} />
      )}
      {document.kind === "page" && !isText && pages > 1 && (
        <footer>
          <button
            type="button"
            class="round"
            aria-label={t("previous")}
            disabled={page <= 1}
            onClick={() => setPage(page - 1)}
          >
            <Icon svg={left} size={26} />
          </button>
          <span>{t("page", { n: page, all: pages })}</span>
          <button
            type="button"
            class="round"
            aria-label={t("next")}
            disabled={page >= pages}
            onClick={() => setPage(page + 1)}
          >
            <Icon svg={right} size={26} />
          </button>
        </footer>
      )}
    </section>
  );
}
