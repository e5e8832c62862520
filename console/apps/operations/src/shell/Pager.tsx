/** Which rows are shown, and the ways to the pages beside; the page stands in the address. */
import { IconButton } from "@nearhand/ui";
import left from "lucide-static/icons/chevron-left.svg?raw";
import right from "lucide-static/icons/chevron-right.svg?raw";
import { setQuery } from "../router";
import { t } from "../words";

export function Pager({
  page,
  size,
  total,
  hint,
}: {
  page: number;
  size: number;
  total: number;
  hint?: string;
}) {
  const from = Math.min(total, (page - 1) * size + 1);
  const to = Math.min(total, page * size);
  const go = (next: number) => setQuery({ page: next > 1 ? String(next) : null }, { replace: false });
  return (
    <footer class="pager">
      <span class="soft">{hint}</span>
      <span class="gap" />
      <span>{t("rows", { from, to, total })}</span>
      <IconButton svg={left} label={t("previous")} disabled={page <= 1} onClick={() => go(page - 1)} />
      <IconButton svg={right} label={t("next")} disabled={to >= total} onClick={() => go(page + 1)} />
    </footer>
  );
}
