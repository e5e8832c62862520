/** Decide what a label in the picture means: this device, another one, the wrong one, or none of ours. */
import { Refusal, Unreachable, type Resolved } from "@nearhand/contract";
import { isLocked } from "../access/lock";
import { offerEnrolment } from "../access/enrolment";
import type { FoundLabel } from "@nearhand/spatial";
import { signal } from "@preact/signals";
import { isOnTheWay } from "../overlay/rack";
import { doubted, isDoubted, isRefused, isSnoozed } from "./doubt";
import { findByLabelText, lookProblem, showResolved, target } from "./target";

/** The label of another device, while a session or a guide is about this one: the whole screen says so. */
export const wrongDevice = signal<{ found: Resolved; at: number; isStale: boolean } | null>(null);
/** A code in the picture that is not ours, for a moment. */
export const foreignText = signal<string | null>(null);

const SNOOZE_MS = 5000;
const PROBLEM_SHOWN_MS = 4000;

/** Back to the right device: its neighbour's label may stay in view for a moment without a new alarm. */
export function dismissWrong(): void {
  snoozed = { id: wrongDevice.value?.found.view.device.id ?? "", until: Date.now() + SNOOZE_MS };
  wrongDevice.value = null;
}

let snoozed = { id: "", until: 0 };
let isAsking = false;
let foreignTimer: ReturnType<typeof setTimeout> | undefined;

/** `boundTo`: the device that a session or a guide is about; a label of another does not silently replace it. */
export async function recognise(labels: readonly FoundLabel[], boundTo: string | null): Promise<void> {
  if (isAsking || labels.length === 0 || wrongDevice.value || doubted.value || isLocked.value) return;
  isAsking = true;
  let asked = labels[0]!.text;
  try {
    for (const label of middleFirst(labels)) {
      if (isSnoozed(label.text)) continue;
      asked = label.text;
      if (sameText(label.text, target.value?.layout?.label?.text)) return;
      if (!boundTo && offerEnrolment(label.text)) return;
      const answer = await findByLabelText(label.text);
      if (!answer) {
        tellForeign(label.text);
        continue;
      }
      const { data, at, isStale } = answer;
      const { id } = data.view.device;
      if (isDoubted(answer, label.text, boundTo !== null && id !== boundTo)) return;
      if (boundTo && id !== boundTo && id === snoozed.id && Date.now() < snoozed.until) continue;
      if (boundTo && id !== boundTo) wrongDevice.value = { found: data, at, isStale };
      else if (!isOnTheWay(data, at, isStale)) showResolved(data, at, isStale);
      return;
    }
  } catch (error) {
    if (isRefused(error, asked)) return;
    const problem = problemOf(error, asked);
    lookProblem.value = problem;
    setTimeout(() => lookProblem.value === problem && (lookProblem.value = null), PROBLEM_SHOWN_MS);
  } finally {
    // A label that leads nowhere is asked about again, but not with each frame.
    setTimeout(() => (isAsking = false), lookProblem.value ? 2000 : 0);
  }
}

export function problemOf(error: unknown, text: string): { code: string; text: string } {
  if (error instanceof Unreachable) return { code: "offline", text };
  if (error instanceof Refusal) return { code: error.status === 404 ? "not_found" : error.code, text };
  throw error;
}

/** Several labels in view: the one that was held to the camera is the largest. */
function middleFirst(labels: readonly FoundLabel[]): FoundLabel[] {
  const size = ({ corners_px: [a, , c] }: FoundLabel) => Math.hypot(a[0] - c[0], a[1] - c[1]);
  return [...labels].sort((a, b) => size(b) - size(a));
}

function sameText(a: string, b: string | undefined): boolean {
  return a.toUpperCase() === b?.toUpperCase();
}

function tellForeign(text: string): void {
  foreignText.value = text;
  clearTimeout(foreignTimer);
  foreignTimer = setTimeout(() => (foreignText.value = null), 4000);
}
