/** What this phone's traffic of one session may come to: its holder's choice, kept here, else the service's. */
import { signal } from "@preact/signals";

const MB = 1_000_000;
export const BUDGETS = [50 * MB, 200 * MB, 1000 * MB] as const;
const STORED = "nearhand.field.budget";

/** Undefined: nothing was chosen here. Null: no limit. */
const chosen = signal(readStored());

/** In bytes; null: no limit. `byDefault`: what the service says. */
export function budgetNow(byDefault: number | null): number | null {
  return chosen.value === undefined ? byDefault : chosen.value;
}

export function chooseBudget(bytes: number | null): void {
  chosen.value = bytes;
  localStorage.setItem(STORED, JSON.stringify(bytes));
}

/** The next that leaves room again; null: no limit. */
export function nextBudget(used: number, budget: number): number | null {
  return BUDGETS.find((one) => one > Math.max(used, budget)) ?? null;
}

function readStored(): number | null | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(STORED) ?? "");
    return kept === null || typeof kept === "number" ? kept : undefined;
  } catch {
    return undefined;
  }
}
