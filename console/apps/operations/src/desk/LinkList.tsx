/** The links that lead into a session: what each lets its holder do, how often it was opened, and its end. */
import type { CustomerLink } from "@nearhand/contract";
import { Button, dateTime, notify } from "@nearhand/ui";
import { remove } from "../rest";
import { paths } from "../routes";
import { sentence } from "../shell/Shown";
import { useNow } from "../shell/now";
import { t } from "./approvalWords";

interface Props {
  links: readonly CustomerLink[];
  path: string;
  /** Where they stand apart from their session: which it is, and who made them. */
  isApart?: boolean;
  onChanged: () => void;
}

export function LinkList(props: Props) {
  return (
    <section aria-label={t("links")}>
      <h3>{t("links")}</h3>
      {props.links.length === 0 && <p class="soft">{t("noLinks")}</p>}
      <LinkRows {...props} />
    </section>
  );
}

export function LinkRows({ links, path, isApart = false, onChanged }: Props) {
  const now = useNow();
  const revoke = async ({ id }: CustomerLink) => {
    try {
      await remove(`${path}/${id}`);
      notify(t("revoked"), "good");
    } catch (error) {
      notify(sentence(error), "bad");
    }
    onChanged();
  };
  return (
    <ul class="rows" data-testid="links">
      {links.map((link) => {
        const isOver = link.revoked_at !== null || Date.parse(link.expires_at) <= now;
        return (
          <li key={link.id}>
            <div>
              <b>{link.label || link.created_by_name}</b> {t(wayOf(link))}
              <small>
                {usedOf(link)} ·{" "}
                {link.revoked_at
                  ? t("isRevoked")
                  : isOver
                    ? t("isExpired")
                    : t("expires", { when: dateTime(link.expires_at) })}
              </small>
              {isApart && <Origin link={link} />}
            </div>
            {!isOver && (
              <Button look="danger" onClick={() => void revoke(link)} data-testid="revoke-link">
                {t("revoke")}
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Origin({ link }: { link: CustomerLink }) {
  return (
    <small>
      {t("madeBy", { name: link.created_by_name, when: dateTime(link.created_at) })} ·{" "}
      <a href={paths.desk(link.session_id)}>
        {link.work_order ? t("ofWorkOrder", { order: link.work_order }) : t("ofSession")}
      </a>
      {link.device_ids && <> · {t("ofDevices", { count: link.device_ids.length })}</>}
    </small>
  );
}

function wayOf({ may, role }: CustomerLink) {
  if (may === "help") return role === "expert" ? "helpExpert" : "helpTechnician";
  return may === "approve" ? "approveLink" : "watch";
}

function usedOf({ times_opened: count, last_opened_at: last }: CustomerLink): string {
  return last ? t("opened", { count, when: dateTime(last) }) : t("neverOpened");
}
