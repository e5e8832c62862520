/** Who is in the session: role by shape and word, presence by a dot, and whose pictures are followed. */
import { t as tAccess } from "../access/words";
import type { Desk } from "./desk";
import { t } from "./words";

export function Participants({ desk }: { desk: Desk }) {
  const { participants, present, you, stills } = desk.view.value;
  const sources = [...new Set(stills.map((still) => still.by))];
  return (
    <>
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
      {sources.length > 1 && (
        <select
          class="language"
          aria-label={t("follow")}
          value={desk.followed.value ?? ""}
          onChange={(event) => (desk.followed.value = event.currentTarget.value || null)}
        >
          <option value="">{t("newestFirst")}</option>
          {sources.map((id) => (
            <option key={id} value={id}>
              {participants.find((each) => each.id === id)?.display_name ?? id}
            </option>
          ))}
        </select>
      )}
    </>
  );
}
