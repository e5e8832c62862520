/** Tell our labels from other codes by their text: an upper-case URL that ends in /D/{CODE} or /D/{CODE}-{SIGNATURE}. */

/** Whether a signature is right, cut off or made up is for the service to say. */
const OURS = /^HTTPS?:\/\/[^/?#\s]+(?:\/[^?#\s]*)?\/D\/([0-9A-HJKMNP-TV-Z]{8}(?:-[0-9A-Z]*)?)$/;
const MAX_TEXT = 300;

/** `code` as it is asked for: with its signature, if it has one. */
export type LabelText =
  { readonly kind: "ours"; readonly code: string } | { readonly kind: "foreign"; readonly text: string };

/** Case does not matter: a phone's own camera app may lower the host or the path. */
export function readLabelText(text: string): LabelText {
  const code = text.length <= MAX_TEXT ? OURS.exec(text.trim().toUpperCase())?.[1] : undefined;
  return code ? { kind: "ours", code } : { kind: "foreign", text };
}
