/** By which rung the followed camera's pictures come, why by no better one, and another one to ask for. */
import { useNow } from "../shell/now";
import type { Desk } from "./desk";
import { isLiveShown } from "./livePictures";
import { because, CHOICES, t } from "./rungWords";

export function RungNow({ desk }: { desk: Desk }) {
  useNow(); // whose they are changes with the picture
  const shown = desk.shown.value;
  const told = shown && desk.view.value.rungs[shown.by];
  if (!told || desk.view.value.isEnded) return null;
  // What comes over the line is no video, whatever others get of that camera.
  const isVideoElsewhere = told.rung < 3 && isLiveShown(shown) && shown.way === "line";
  const why = isVideoElsewhere ? "" : because(told.because);
  return (
    <span class="rung-now" data-testid="rung-now" data-rung={told.rung} data-because={told.because}>
      {t(isVideoElsewhere ? "rung_3" : CHOICES[told.rung]!)}
      {why && ` · ${why}`}
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
            …
          </option>
          {CHOICES.map((name, rung) => (
            <option key={name} value={rung}>
              {t(name)}
            </option>
          ))}
        </select>
      )}
    </span>
  );
}
