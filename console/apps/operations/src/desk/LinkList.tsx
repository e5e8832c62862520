/** The links that lead into a session: what each lets its holder do, how often it was opened, and its end. */
import type { CustomerLink } from "@nearhand/contract";
import { Button, dateTime, notify } from "@nearhand/ui";
import { remove } from "../rest";
import { sentence } from "../shell/Shown";
import { useNow } from "../shell/now";
import { t } from "./approvalWords";

interface Props {
  links: readonly CustomerLink[];
  path: string;
  onChanged: () => void;
}

export function LinkList({ links, path, onChanged }: Props) {
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
    <section aria-label={t("links")}>
      <h3>{t("links")}</h3>
      {links.length === 0 && <p class="soft">{t("noLinks")}</p>}
      <ul class="plain-list" data-testid="links">
        {links.map((link) => {
          const isOver = link.revoked_at !== null || Date.parse(link.expires_at) <= now;
          return (
            <li key={link.id} class="link-row" data-over={isOver}>
              <div>
                <b>{link.label || link.created_by_name}</b> {t(wayOf(link))}
                <p class="soft">
                  {usedOf(link)} ·{" "}
                  {link.revoked_at
                    ? t("isRevoked")
                    : isOver
                      ? t("isExpired")
                      : t("expires", { when: dateTime(link.expires_at) })}
                </p>
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
    </section>
  );
}

function wayOf({ may, role }: CustomerLink) {
  if (may === "help") return role === "expert" ? "helpExpert" : "helpTechnician";
  return may === "approve" ? "approveLink" : "watch";
}

function usedOf({ times_opened: count, last_opened_at: last }: CustomerLink): string {
  return last ? t("opened", { count, when: dateTime(last) }) : t("neverOpened");
}
