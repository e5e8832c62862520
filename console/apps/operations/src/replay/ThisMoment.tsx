/** How the session stood at this moment: who had come, which step was on, which signal counted. */
import { signalWord } from "@nearhand/ui";
import { t as tAccess } from "../access/words";
import type { Player } from "./player";
import { t } from "./words";

export function ThisMoment({ player }: { player: Player }) {
  const { participants, step, signal, annotations } = player.view.value;
  return (
    <section class="this-moment" aria-label={t("now")}>
      <ul class="participants" aria-label={t("here")}>
        {participants.length === 0 && <li class="soft">{t("nobody")}</li>}
        {participants.map((each) => (
          <li key={each.id} class={`role-${each.role}`}>
            <i aria-hidden="true" />
            <b>{each.display_name}</b>
            <span>{tAccess(each.role)}</span>
          </li>
        ))}
      </ul>
      <dl class="this-moment-facts">
        <div>
          <dt>{t("step")}</dt>
          <dd>{step ? t("stepIs", { n: step.step + 1, done: step.done.length }) : t("noStep")}</dd>
        </div>
        <div>
          <dt>{t("signal")}</dt>
          <dd>{signal ? signalWord(signal.signal) : t("noSignal")}</dd>
        </div>
        <div>
          <dt>{t("marks")}</dt>
          <dd data-testid="replay-marks">{annotations.length}</dd>
        </div>
      </dl>
    </section>
  );
}
