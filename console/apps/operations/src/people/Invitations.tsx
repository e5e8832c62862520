/** Who is asked in and has not come yet; an invitation can be taken back. */
import type { Invited } from "@nearhand/contract";
import { Button, dateTime, useLoad } from "@nearhand/ui";
import { useActing } from "../access/acting";
import { GrantChips, type GrantPlaces } from "../access/GrantChips";
import { Wrong } from "../access/SignIn";
import { t as tAccess } from "../access/words";
import { get, remove, type Page } from "../rest";
import { Shown } from "../shell/Shown";
import { t } from "./words";

/** What is left of it once its link was told. */
type Invitation = Omit<Invited, "url" | "qr_svg">;

interface InvitationsProps {
  /** Another number loads anew. */
  turn: number;
  places: GrantPlaces | undefined;
}

export function Invitations({ turn, places }: InvitationsProps) {
  const open = useLoad(`invitations/${turn}`, (signal) =>
    get<Page<Invitation>>("/invitations", { limit: 100 }, signal),
  );
  const acting = useActing();
  const revoke = (id: string) =>
    void acting.run(() => remove(`/invitations/${id}`)).then((isDone) => isDone && open.reload());
  return (
    <section class="panel" aria-labelledby="invitations">
      <h2 id="invitations">{t("invitations")}</h2>
      {acting.problem && <Wrong>{acting.problem}</Wrong>}
      <Shown of={open}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="soft">{t("noInvitations")}</p>
          ) : (
            <ul class="rows" data-testid="invitations">
              {items.map((one) => (
                <li key={one.id}>
                  <div>
                    <b>{one.display_name}</b> <GrantChips grants={one.grants} places={places} />
                    <small>
                      {t("invitedBy", { name: one.created_by_name })} · {tAccess("until")}{" "}
                      {dateTime(one.expires_at)}
                    </small>
                  </div>
                  <Button isBusy={acting.isBusy} onClick={() => revoke(one.id)}>
                    {tAccess("revoke")}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </section>
  );
}
