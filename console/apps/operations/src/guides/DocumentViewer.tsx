/** A document in a dialog, page by page. */
import type { Document } from "@nearhand/contract";
import { Dialog, IconButton } from "@nearhand/ui";
import left from "lucide-static/icons/chevron-left.svg?raw";
import right from "lucide-static/icons/chevron-right.svg?raw";
import { useState } from "preact/hooks";
import { address } from "../rest";
import { DocumentPage } from "./DocumentPage";
import { t } from "./words";

export function DocumentViewer({ document, onClose }: { document: Document; onClose: () => void }) {
  const [page, setPage] = useState(1);
  const { id, title, pages } = document;
  return (
    <Dialog title={title} onClose={onClose} isWide>
      <DocumentPage document={document} page={page} alt={t("page", { n: page, count: pages })} />
      <div class="ui-actions">
        {pages > 1 && (
          <>
            <IconButton
              svg={left}
              label={t("previous")}
              disabled={page <= 1}
              onClick={() => setPage(page - 1)}
            />
            <span>{t("page", { n: page, count: pages })}</span>
            <IconButton
              svg={right}
              label={t("next")}
              disabled={page >= pages}
              onClick={() => setPage(page + 1)}
            />
          </>
        )}
        <a class="ui-button" href={address(`/documents/${id}/file`)} download>
          {t("download")}
        </a>
      </div>
    </Dialog>
  );
}
