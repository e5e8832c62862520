/** Every customer link that one may see to: who made it, for what, how often it was opened, and its end. */
import type { CustomerLink } from "@nearhand/contract";
import { EmptyState, useLoad } from "@nearhand/ui";
import link from "lucide-static/icons/link.svg?raw";
import { t } from "../desk/approvalWords";
import { LinkRows } from "../desk/LinkList";
import { pageOf } from "../devices/query";
import { get, type Page } from "../rest";
import { query } from "../router";
import { Pager } from "../shell/Pager";
import { Shown } from "../shell/Shown";

const SIZE = 50;

export function LinksPage() {
  const page = pageOf(query.value);
  const links = useLoad(`links/${page}`, (signal) =>
    get<Page<CustomerLink>>("/links", { limit: SIZE, offset: (page - 1) * SIZE }, signal),
  );
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("customerLinks")}</h1>
      </header>
      <Shown of={links}>
        {({ items, total }) =>
          items.length === 0 ? (
            <EmptyState icon={link} title={t("noCustomerLinks")}>
              <p>{t("noCustomerLinksHint")}</p>
            </EmptyState>
          ) : (
            <>
              <section class="panel" aria-label={t("customerLinks")}>
                <LinkRows links={items} path="/links" isApart onChanged={links.reload} />
              </section>
              <Pager page={page} size={SIZE} total={total} />
            </>
          )
        }
      </Shown>
    </div>
  );
}
