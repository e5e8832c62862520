/** One icon of the Lucide set, given as the raw text of its file. */

/** Hidden from screen readers: the word beside it, or the button's label, says what it means. */
export function Icon({ svg, size = 20 }: { svg: string; size?: number }) {
  const drawing = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  return (
    <svg
      class="ui-icon"
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      dangerouslySetInnerHTML={{ __html: drawing }}
    />
  );
}
