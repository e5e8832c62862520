/** What the session takes of this phone's data, and how much it may take; what is said when that is used up. */
import { budgetState, dataSize, dataUsed } from "@nearhand/ui/rung";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LivePictures } from "../camera/showing";
import { notice } from "../session/notices";
import { t } from "../words/rung";
import { BUDGETS, chooseBudget, nextBudget } from "./budget";

const CHOICES = [null, ...BUDGETS];

export function DataChoice({ pictures }: { pictures: LivePictures }) {
  const { bytes, budget } = pictures.data.value;
  return (
    <section class="data-choice" aria-label={t("data")}>
      <h3>{t("data")}</h3>
      <p class={`is-${budgetState(bytes, budget)}`} data-testid="data-sum">
        {t("data_used", { used: dataUsed(bytes, budget) })}
      </p>
      <p class="soft">{t("data_hint")}</p>
      <div class="budgets" role="group" aria-label={t("budget")}>
        {CHOICES.map((one) => (
          <button
            key={String(one)}
            type="button"
            class="rung"
            aria-pressed={budget === one}
            data-testid={`budget-${one ?? "none"}`}
            onClick={() => chooseBudget(one)}
          >
            <b>{one === null ? t("no_budget") : dataSize(one)}</b>
          </button>
        ))}
      </div>
      <p class="soft">{t("budget_text")}</p>
    </section>
  );
}

/** The budget that was left as it is, used up, and of which session. */
const left = signal<{ pictures: LivePictures; budget: number } | null>(null);

/** Over the buttons below, until there is more or it is to stay so. */
export function OverBudget({ pictures }: { pictures: LivePictures }) {
  const { bytes, budget } = pictures.data.value;
  const state = budgetState(bytes, budget);
  useEffect(() => {
    if (state === "spent") notice.value = null; // what is said below says it
    if (state === "near")
      notice.value = { text: t("near", { used: dataUsed(bytes, budget) }), at: Date.now() };
  }, [state, budget]);
  if (state !== "spent" || budget === null) return null;
  if (left.value?.pictures === pictures && left.value.budget === budget) return null;
  const next = nextBudget(bytes, budget);
  return (
    <section class="over-budget" role="alert" data-testid="over-budget">
      <p>{t("over", { budget: dataSize(budget) })}</p>
      <button type="button" class="big primary" data-testid="raise-budget" onClick={() => chooseBudget(next)}>
        {next === null ? t("raise_all") : t("raise", { budget: dataSize(next) })}
      </button>
      <button
        type="button"
        class="big"
        data-testid="leave-budget"
        onClick={() => (left.value = { pictures, budget })}
      >
        {t("leave")}
      </button>
    </section>
  );
}
