/** The secret of an enrolment's code: taken out of the address at once, and never put back. */
import { signal } from "@preact/signals";
import { go, route } from "../routes";

const HERE = "/field/enrol";
const SHOWN = "/enrol";

export const offered = signal<string | null>(null);

function take(): void {
  if (location.pathname !== HERE || location.hash.length < 2) return;
  offered.value = location.hash.slice(1);
  history.replaceState(null, "", HERE + location.search);
  route.value = { page: "enrol" };
}

/** Whether it looks like such a code, of whichever service. */
export const isEnrolment = (text: string): boolean => /^https?:\/\/[^/]+\/enrol#./.test(text);

/** Whether what the camera read is such a code of this service; then its page opens. */
export function offerEnrolment(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.origin !== location.origin || url.pathname !== SHOWN || url.hash.length < 2) return false;
  offered.value = url.hash.slice(1);
  go({ page: "enrol" });
  return true;
}

take();
addEventListener("hashchange", take);
