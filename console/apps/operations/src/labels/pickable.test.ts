import type { ListedLabel } from "@nearhand/contract";
import { expect, it } from "vitest";
import { byDevice } from "./pickable";

const listed = (device_id: string, face: "front" | "rear", code: string) =>
  ({ label: { device_id, face, code }, asset_tag: `T-${device_id}` }) as unknown as ListedLabel;

it("offers a device once, with all faces that need a new label", () => {
  expect(
    byDevice([listed("a", "front", "A1"), listed("b", "rear", "B1"), listed("a", "rear", "A2")]),
  ).toEqual([
    { id: "a", asset_tag: "T-a", name: "A1", unsigned: ["front", "rear"] },
    { id: "b", asset_tag: "T-b", name: "B1", unsigned: ["rear"] },
  ]);
});
