/** Who is in the session: role by shape and word, presence by a dot. */
import { t as tAccess } from "../access/words";
import type { Desk } from "./desk";
import { t } from "./words";

export function Participants({ desk }: { desk: Desk }) {
  const { participants, present, you } = desk.view.value;
  return (
    <ul class="participants" aria-label={t("participants")}>
      {participants.map((each) => {
        const isHere = present.includes(each.id);
        return (
          <li
            key={each.id}
            class={isHere ? `role-${each.role}` : `role-${each.role} is-away`}
            data-present={isHere}
          >
            <i aria-hidden="true" />
            <b>{each.display_name}</b>
            <span>{each.id === you?.id ? t("you") : tAccess(each.role)}</span>
            <span class="sr-only">{t(isHere ? "here" : "away")}</span>
          </li>
        );
      })}
    </ul>
  );
}
