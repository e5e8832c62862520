// @vitest-environment happy-dom
import type { TagClash } from "@nearhand/contract";
import { render } from "preact";
import { beforeEach, expect, it } from "vitest";
import { TagClashes } from "./TagClashes";

const bearer = (device_id: string, asset_tag: string) =>
  ({ device_id, asset_tag, face: "front", code: "7K2M9QXA" }) as const;
const clash = (tag_id: number): TagClash => ({
  rack_id: "R",
  dictionary: "DICT_4X4_250",
  tag_id,
  bearers: [bearer("A", "TOR-1"), bearer("B", "TOR-2")],
});

beforeEach(() => {
  document.body.replaceChildren();
});

it("names the tags and leads to the device that wears them too", () => {
  render(<TagClashes deviceId="A" clashes={[clash(7), clash(8)]} />, document.body);
  expect(document.body.textContent).toContain("7, 8");
  const links = [...document.querySelectorAll("a")];
  expect(links.map((link) => link.textContent)).toEqual(["TOR-2"]);
  expect(links[0]?.getAttribute("href")).toContain("B");
});

it("says nothing of a device whose tags are its own", () => {
  render(<TagClashes deviceId="A" clashes={[]} />, document.body);
  expect(document.body.textContent).toBe("");
});
