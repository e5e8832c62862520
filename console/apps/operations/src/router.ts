/** Where the person is, as signals over the History API; links inside the console never load the page anew. */
import { computed, signal } from "@preact/signals";
import { BASE, parseRoute } from "./routes";

const here = signal(new URL(globalThis.location?.href ?? "http://localhost/console/"));

export const route = computed(() => parseRoute(here.value.pathname));
export const query = computed(() => here.value.searchParams);

export function navigate(to: string, { replace = false } = {}): void {
  history[replace ? "replaceState" : "pushState"](null, "", to);
  here.value = new URL(location.href);
  if (!replace) window.scrollTo(0, 0);
}

/** Change some of the query and keep the rest; an empty value takes its key away. */
export function setQuery(changes: Record<string, string | null>, { replace = true } = {}): void {
  const next = new URL(here.value);
  for (const [key, value] of Object.entries(changes)) {
    if (value) next.searchParams.set(key, value);
    else next.searchParams.delete(key);
  }
  if (next.href !== here.value.href) navigate(next.pathname + next.search, { replace });
}

export function startRouter(): void {
  addEventListener("popstate", () => {
    here.value = new URL(location.href);
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.defaultPrevented || event.button !== 0 || link.target || link.hasAttribute("download"))
      return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const to = new URL(link.href);
    if (to.origin !== location.origin || !(to.pathname + "/").startsWith(`${BASE}/`)) return;
    event.preventDefault();
    navigate(to.pathname + to.search + to.hash);
  });
}
