/** The steps of a guide, in the reader's language: what to do, on which ports, what to beware of, what proves it. */
import type { Guide } from "@nearhand/contract";
import { localText } from "@nearhand/ui";
import { address } from "../rest";
import { t } from "./words";

interface StepsProps {
  guide: Guide;
  current?: number;
  done?: readonly number[];
  onPort?: (port: string | null) => void;
  /** Where the guide's name already stands above. */
  isUntitled?: boolean;
}

export function Steps({ guide, current, done = [], onPort, isUntitled = false }: StepsProps) {
  return (
    <section class="steps">
      {!isUntitled && <h3>{localText(guide.title)}</h3>}
      <ol>
        {guide.steps.map((step, n) => {
          const isDone = done.includes(n);
          const isNow = n === current;
          return (
            <li
              key={n}
              class={isNow ? "is-now" : isDone ? "is-done" : ""}
              aria-current={isNow ? "step" : undefined}
              data-testid="step"
            >
              <p>
                {localText(step.text)} {isNow && <b class="flag flag-cyan">{t("now")}</b>}
                {isDone && <b class="flag flag-green">✓ {t("done")}</b>}
              </p>
              {step.ports.length > 0 && (
                <p class="ports" aria-label={t("ports")}>
                  {step.ports.map((port) => (
                    <span
                      key={port}
                      class="port-chip"
                      onPointerEnter={() => onPort?.(port)}
                      onPointerLeave={() => onPort?.(null)}
                    >
                      {port}
                    </span>
                  ))}
                </p>
              )}
              {localText(step.caution ?? {}) && (
                <p class="caution">
                  <b>! {t("caution")}</b> {localText(step.caution ?? {})}
                </p>
              )}
              {step.picture_sha256 && (
                <img src={address(`/pictures/${step.picture_sha256}`)} alt="" loading="lazy" />
              )}
              {localText(step.proof ?? {}) && (
                <p class="soft">
                  {t("proof")}: {localText(step.proof ?? {})}
                </p>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
