/** All guides, each with what it is for. */
import type { DeviceType, Guide } from "@nearhand/contract";
import { EmptyState, localText, useLoad } from "@nearhand/ui";
import bookOpen from "lucide-static/icons/book-open.svg?raw";
import { all, typeName } from "../devices/registry";
import { get, type Page } from "../rest";
import { query } from "../router";
import { paths } from "../routes";
import { Pager } from "../shell/Pager";
import { Shown } from "../shell/Shown";
import { pageOf } from "../devices/query";
import { t } from "./words";

const SIZE = 50;

export function GuidesPage() {
  const page = pageOf(query.value);
  const guides = useLoad(`guides/${page}`, (signal) =>
    get<Page<Guide>>("/guides", { limit: SIZE, offset: (page - 1) * SIZE }, signal),
  );
  const types = useLoad("types", (signal) => all<DeviceType>("/device-types", signal));
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("guides")}</h1>
      </header>
      <Shown of={guides}>
        {({ items, total }) =>
          items.length === 0 ? (
            <EmptyState icon={bookOpen} title={t("none")}>
              <p>{t("noGuidesHint")}</p>
            </EmptyState>
          ) : (
            <>
              <ul class="plain-list guide-list">
                {items.map((guide) => {
                  const type = types.data?.find((each) => each.id === guide.subject.device_type_id);
                  return (
                    <li key={guide.id}>
                      <a href={paths.guide(guide.id)}>{localText(guide.title)}</a>{" "}
                      <span class="soft">
                        {[
                          t("steps", { count: guide.steps.length }),
                          type && t("forType", { name: typeName(type) }),
                        ]
                          .filter(Boolean)
                          .join(" · ")}
                      </span>
                    </li>
                  );
                })}
              </ul>
              <Pager page={page} size={SIZE} total={total} />
            </>
          )
        }
      </Shown>
    </div>
  );
}
