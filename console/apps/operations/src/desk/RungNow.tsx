/** By which rung the followed camera's pictures come, why by no better one, what that cost, and another one to ask for. */
import { notify } from "@nearhand/ui";
import { because, budgetState, dataUsed, rungName, RUNGS } from "@nearhand/ui/rung";
import { useEffect } from "preact/hooks";
import { useNow } from "../shell/now";
import type { Desk } from "./desk";
import { isLiveShown } from "./livePictures";
import { t } from "./rungWords";

export function RungNow({ desk, isDirect }: { desk: Desk; isDirect: boolean }) {
  useNow(); // whose they are changes with the picture
  const shown = desk.shown.value;
  const by = shown?.by;
  const told = by === undefined ? undefined : desk.view.value.rungs[by];
  const [bytes, budget] = [told?.used_bytes ?? null, told?.budget_bytes ?? null];
  const state = budgetState(bytes ?? 0, budget);
  useEffect(() => {
    if (state === "near") notify(t("near", { used: dataUsed(bytes ?? 0, budget) }), "caution");
    if (state === "spent") notify(t("spent"), "caution");
  }, [state, by]);
  if (!told || desk.view.value.isEnded) return null;
  // What comes over the line is no video, whatever others get of that camera.
  const isVideoElsewhere = told.rung < 3 && shown !== null && isLiveShown(shown) && shown.way === "line";
  const why = isVideoElsewhere ? "" : because(told.because);
  return (
    <span class="rung-now" data-testid="rung-now" data-rung={told.rung} data-because={told.because}>
      {rungName(RUNGS[isVideoElsewhere ? 3 : told.rung]!)}
      {isDirect && ` · ${t("direct")}`}
      {why && ` · ${why}`}
      {bytes !== null && (
        <span
          class={state === "fine" ? "" : "picture-warning"}
          data-testid="data-told"
          data-bytes={bytes}
          data-state={state}
        >
          {t("data", { used: dataUsed(bytes, budget) })}
        </span>
      )}
      {desk.mayDraw.value && (
        <select
          aria-label={t("ask")}
          title={t("ask")}
          data-testid="rung-ask"
          value=""
          onChange={({ currentTarget }) => {
            const { value } = currentTarget;
            currentTarget.value = "";
            if (value !== "") desk.session.commands.askRung(value === "0" ? null : (Number(value) as 1));
          }}
        >
          <option value="" hidden>
            {t("change")}
          </option>
          {RUNGS.map((name, rung) => (
            <option key={name} value={rung}>
              {rungName(name)}
            </option>
          ))}
        </select>
      )}
    </span>
  );
}
