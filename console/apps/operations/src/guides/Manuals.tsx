/** A device's manuals: its guides to read, its documents to page through, and a way to add one. */
import type { Document } from "@nearhand/contract";
import { bytes, EmptyState, FileField, language, localText, notify, Progress, useLoad } from "@nearhand/ui";
import bookOpen from "lucide-static/icons/book-open.svg?raw";
import { useState } from "preact/hooks";
import { may } from "../access/identity";
import { ask } from "../rest";
import { Shown, sentence } from "../shell/Shown";
import { DocumentViewer } from "./DocumentViewer";
import { loadManuals } from "./manuals";
import { Steps } from "./Steps";
import { t } from "./words";

export function Manuals({ deviceId }: { deviceId: string }) {
  const manuals = useLoad(deviceId, (signal) => loadManuals({ device_id: deviceId }, signal));
  return (
    <div class="manuals">
      <Shown of={manuals}>
        {({ guides, documents }) => (
          <>
            <section>
              <h2>{t("guides")}</h2>
              {guides.length === 0 && (
                <EmptyState icon={bookOpen} title={t("noGuides")}>
                  <p>{t("noGuidesHint")}</p>
                </EmptyState>
              )}
              {guides.map((guide, n) => (
                <details key={guide.id} open={n === 0} class="guide">
                  <summary>
                    {localText(guide.title)}{" "}
                    <span class="soft">{t("steps", { count: guide.steps.length })}</span>
                  </summary>
                  <Steps guide={guide} isUntitled />
                </details>
              ))}
            </section>
            <section>
              <h2>{t("documents")}</h2>
              <Documents documents={documents} />
              {may("manuals.write") && <Upload deviceId={deviceId} onDone={manuals.reload} />}
            </section>
          </>
        )}
      </Shown>
    </div>
  );
}

function Documents({ documents }: { documents: readonly Document[] }) {
  const [open, setOpen] = useState<Document>();
  if (documents.length === 0) return <p class="soft">{t("noDocuments")}</p>;
  return (
    <>
      <ul class="plain-list">
        {documents.map((document) => (
          <li key={document.id}>
            <button type="button" class="link" onClick={() => setOpen(document)}>
              {document.title}
            </button>{" "}
            <span class="soft">
              {document.kind === "markdown" ? t("text") : document.kind.toUpperCase()} · {document.language} ·{" "}
              {bytes(document.size_bytes)}
            </span>
          </li>
        ))}
      </ul>
      {open && <DocumentViewer document={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function Upload({ deviceId, onDone }: { deviceId: string; onDone: () => void }) {
  const [isBusy, setBusy] = useState(false);
  const send = async (file: File | undefined) => {
    if (!file) return;
    setBusy(true);
    const form = new FormData();
    form.set("title", file.name.replace(/\.[^.]+$/, ""));
    form.set("language", language.value);
    form.set("device_id", deviceId);
    form.set("file", file);
    try {
      await ask("/documents", { method: "POST", body: form });
      onDone();
    } catch (error) {
      notify(sentence(error), "bad");
    }
    setBusy(false);
  };
  if (isBusy) return <Progress value={null} label={t("uploading")} />;
  return (
    <FileField
      label={t("upload")}
      hint={t("uploadHint")}
      accept=".pdf,.md,.jpg,.jpeg,.png,.webp"
      onFiles={([file]) => void send(file)}
    />
  );
}
