/** Addresses of the field app: each place has its own, and the browser's back button works. */
import { signal } from "@preact/signals";

export type Route =
  | { page: "scan" }
  | { page: "enrol" }
  | { page: "signed-in" }
  | { page: "label"; code: string }
  | { page: "device"; id: string }
  | { page: "session"; id: string };

const BASE = "/field";

export function parseRoute(path: string): Route {
  const [kind, value] = path.slice(BASE.length).split("/").filter(Boolean);
  if (kind === "enrol" || kind === "signed-in") return { page: kind };
  if (!value) return { page: "scan" };
  const text = decodeURIComponent(value);
  if (kind === "d") return { page: "label", code: text.toUpperCase() };
  if (kind === "device") return { page: "device", id: text };
  if (kind === "session") return { page: "session", id: text };
  return { page: "scan" };
}

export function pathOf(route: Route): string {
  switch (route.page) {
    case "scan":
      return `${BASE}/`;
    case "enrol":
    case "signed-in":
      return `${BASE}/${route.page}`;
    case "label":
      return `${BASE}/d/${encodeURIComponent(route.code)}`;
    default:
      return `${BASE}/${route.page}/${encodeURIComponent(route.id)}`;
  }
}

export const route = signal<Route>(parseRoute(location.pathname));
addEventListener("popstate", () => (route.value = parseRoute(location.pathname)));

/** Go there. The query (`?camera=demo`) stays: it says which camera this page uses. */
export function go(next: Route, { replace = false } = {}): void {
  const address = pathOf(next) + location.search;
  if (address !== location.pathname + location.search)
    history[replace ? "replaceState" : "pushState"](null, "", address);
  route.value = next;
}

export const usesDemoCamera = (): boolean => new URLSearchParams(location.search).get("camera") === "demo";
