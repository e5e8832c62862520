/** The addresses of the console: which view a path names, and which path a view has. */

export const BASE = "/console";

export type Route =
  | { view: "wall" }
  | { view: "desk"; id: string }
  | { view: "replay"; id: string }
  | { view: "devices" }
  | { view: "device"; id: string }
  | { view: "device-form"; id: string | null }
  | { view: "places" }
  | { view: "rack"; id: string }
  | { view: "guides" }
  | { view: "guide"; id: string }
  | { view: "labels" }
  | { view: "import" }
  | { view: "people" }
  | { view: "person"; id: string }
  | { view: "account" }
  | { view: "tenants" }
  | { view: "links" }
  | { view: "audit" }
  | { view: "welcome" }
  | { view: "reset" }
  | { view: "signed-in" }
  | { view: "join"; id: string }
  | { view: "unknown" };

export type View = Route["view"];

export function parseRoute(path: string): Route {
  const [, view = "", id = "", act = "", ...rest] = path.startsWith(BASE)
    ? path.slice(BASE.length).replace(/\/$/, "").split("/")
    : ["", "?"];
  if (rest.length > 0) return { view: "unknown" };
  const key = [view, id && ":id", act].filter(Boolean).join("/");
  switch (key) {
    case "":
    case "wall":
      return { view: "wall" };
    case "devices":
    case "places":
    case "guides":
    case "labels":
    case "import":
    case "people":
    case "account":
    case "tenants":
    case "links":
    case "audit":
    case "welcome":
    case "reset":
    case "signed-in":
      return { view: key };
    case "people/:id":
      return { view: "person", id };
    case "sessions/:id":
      return { view: "desk", id };
    case "sessions/:id/replay":
      return { view: "replay", id };
    case "devices/:id":
      return id === "new" ? { view: "device-form", id: null } : { view: "device", id };
    case "devices/:id/edit":
      return { view: "device-form", id };
    case "racks/:id":
      return { view: "rack", id };
    case "guides/:id":
      return { view: "guide", id };
    case "join/:id":
      return { view: "join", id };
    default:
      return { view: "unknown" };
  }
}

export const paths = {
  wall: `${BASE}/`,
  devices: `${BASE}/devices`,
  newDevice: `${BASE}/devices/new`,
  places: `${BASE}/places`,
  guides: `${BASE}/guides`,
  labels: `${BASE}/labels`,
  import: `${BASE}/import`,
  people: `${BASE}/people`,
  account: `${BASE}/account`,
  tenants: `${BASE}/tenants`,
  links: `${BASE}/links`,
  audit: `${BASE}/audit`,
  person: (id: string) => `${BASE}/people/${id}`,
  desk: (id: string) => `${BASE}/sessions/${id}`,
  replay: (id: string) => `${BASE}/sessions/${id}/replay`,
  device: (id: string, tab = "") => `${BASE}/devices/${id}${tab && `?tab=${tab}`}`,
  editDevice: (id: string) => `${BASE}/devices/${id}/edit`,
  rack: (id: string) => `${BASE}/racks/${id}`,
  guide: (id: string) => `${BASE}/guides/${id}`,
};
