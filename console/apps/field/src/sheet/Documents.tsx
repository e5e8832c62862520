/** The device's documents, read without leaving the camera: pages as pictures, Markdown as the service made it safe. */
import { API, type Document } from "@nearhand/contract";
import { Icon } from "@nearhand/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import { bookOpen, arrowLeft } from "../hud/icons";
import { t } from "../words/sheet";
import { Failed } from "./History";

interface DocumentsProps {
  documents: readonly Document[];
  onOpen: (document: Document) => void;
}

export function Documents({ documents, onOpen }: DocumentsProps) {
  return (
    <section>
      <h3>{t("documents")}</h3>
      {documents.length === 0 && <p class="soft">{t("no_documents")}</p>}
      <ul class="rows">
        {documents.map((one) => (
          <li key={one.id}>
            <button type="button" class="document-row" onClick={() => onOpen(one)}>
              <Icon svg={bookOpen} />
              <b>{one.title}</b>
              <small>
                {one.kind === "markdown" ? t("text") : one.kind.toUpperCase()}
                {one.pages > 1 && ` · ${t("pages", { n: one.pages })}`}
              </small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Reader({ document, onClose }: { document: Document; onClose: () => void }) {
  const { id, title, kind, pages } = document;
  const address = `${API}/documents/${encodeURIComponent(id)}`;
  const back = useRef<HTMLButtonElement>(null);
  useEffect(() => back.current?.focus({ preventScroll: true }), []);
  return (
    <article class="reader">
      <header>
        <button ref={back} type="button" class="close" aria-label={t("back_to_list")} onClick={onClose}>
          <Icon svg={arrowLeft} size={24} />
        </button>
        <h3>{title}</h3>
      </header>
      {kind === "markdown" ? (
        // Of this origin, so that its pictures come with the sign-in; without scripts.
        <iframe class="document" sandbox="allow-same-origin" src={`${address}/html`} title={title} />
      ) : (
        Array.from({ length: pages }, (_, n) => (
          <Page key={n} src={`${address}/pages/${n + 1}.png`} name={t("page_of", { n: n + 1, all: pages })} />
        ))
      )}
    </article>
  );
}

/** Fits the width; tapped, it is twice as wide and can be moved about. */
function Page({ src, name }: { src: string; name: string }) {
  const [isLarge, setLarge] = useState(false);
  const [tries, setTries] = useState(0);
  const [isLost, setLost] = useState(false);
  const again = () => {
    setTries(tries + 1);
    setLost(false);
  };
  if (isLost) return <Failed reload={again} />;
  return (
    <button
      type="button"
      class={`page ${isLarge ? "is-large" : ""}`}
      aria-label={`${name}. ${t("zoom")}`}
      aria-pressed={isLarge}
      onClick={() => setLarge(!isLarge)}
    >
      <img key={tries} src={src} alt={name} loading="lazy" onError={() => setLost(true)} />
    </button>
  );
}
