/** Whether an account is switched on: a colour, a shape and a word. */
import { t } from "../access/words";

export function StateFlag({ isActive }: { isActive: boolean }) {
  return (
    <span class={isActive ? "status tone-green" : "status soft"}>
      <i aria-hidden="true">{isActive ? "●" : "○"}</i> {t(isActive ? "active" : "inactive")}
    </span>
  );
}
