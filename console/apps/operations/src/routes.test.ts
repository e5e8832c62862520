import { expect, it } from "vitest";
import { parseRoute, paths } from "./routes";

it.each([
  [paths.wall, { view: "wall" }],
  ["/console", { view: "wall" }],
  [paths.devices, { view: "devices" }],
  [paths.newDevice, { view: "device-form", id: null }],
  [paths.editDevice("D1"), { view: "device-form", id: "D1" }],
  [paths.device("D1"), { view: "device", id: "D1" }],
  [paths.desk("S1"), { view: "desk", id: "S1" }],
  [paths.replay("S1"), { view: "replay", id: "S1" }],
  [paths.rack("R1"), { view: "rack", id: "R1" }],
  [paths.person("U1"), { view: "person", id: "U1" }],
  [paths.account, { view: "account" }],
  [paths.audit, { view: "audit" }],
  [paths.links, { view: "links" }],
  ["/console/welcome", { view: "welcome" }],
  ["/console/reset", { view: "reset" }],
  ["/console/join/S1", { view: "join", id: "S1" }],
  ["/console/nowhere", { view: "unknown" }],
  ["/console/devices/D1/edit/more", { view: "unknown" }],
])("%s leads to %j", (path, route) => {
  expect(parseRoute(path)).toEqual(route);
});
