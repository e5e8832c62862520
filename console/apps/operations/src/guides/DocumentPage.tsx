/** One page of a document: of a PDF as a picture, Markdown whole, as sanitised HTML in a sandbox.
 *
 * The frame may be of this origin, so that its pictures come with the sign-in; scripts it may not run.
 */
import type { Document } from "@nearhand/contract";
import { address } from "../rest";

interface DocumentPageProps {
  readonly document: Document;
  readonly page: number;
  /** What stands for the picture of a page. */
  readonly alt: string;
}

export function DocumentPage({ document: { id, title, kind }, page, alt }: DocumentPageProps) {
  return kind === "markdown" ? (
    <iframe
      class="document"
      sandbox="allow-same-origin"
      src={address(`/documents/${id}/html`)}
      title={title}
    />
  ) : (
    <img class="document" src={address(`/documents/${id}/pages/${page}.png`)} alt={alt} />
  );
}
