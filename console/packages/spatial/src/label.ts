/** Tell our labels from other codes by their text: an upper-case URL that ends in /D/{CODE}. */

const OURS = /^HTTPS?:\/\/[^/?#\s]+(?:\/[^?#\s]*)?\/D\/([0-9A-HJKMNP-TV-Z]{8})$/;

export type LabelText =
  { readonly kind: "ours"; readonly code: string } | { readonly kind: "foreign"; readonly text: string };

/** Case does not matter: a phone's own camera app may lower the host or the path. */
export function readLabelText(text: string): LabelText {
  const code = OURS.exec(text.trim().toUpperCase())?.[1];
  return code ? { kind: "ours", code } : { kind: "foreign", text };
}
