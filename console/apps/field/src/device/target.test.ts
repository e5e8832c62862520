import type { DeviceView, Label } from "@nearhand/contract";
import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("addEventListener", () => undefined);
const { layoutOf, placeOf } = await import("./target");

const label = (code: string, created_at: string, tag: number): Label => ({
  code,
  text: `HTTPS://HOST/D/${code}`,
  device_id: "d",
  face: "front",
  place: { x_mm: 40, y_mm: 22, size_mm: 20 },
  tags: [{ dictionary: "DICT_4X4_250", id: tag, x_mm: 12, y_mm: 22, size_mm: 15 }],
  readable_to_mm: 400,
  created_at,
});

const VIEW = {
  device: { position_u: 23 },
  device_type: { front: { width_mm: 482.6, height_mm: 44, ports: [], components: [] }, rear: null },
  site: { name: "Site" },
  location: { name: "Hall 2" },
  rack: { name: "R07" },
} as unknown as DeviceView;

describe("the layout of a face", () => {
  it("has the newest label and the tags of all, since old ones may still be stuck on", () => {
    const labels = [
      label("AAAAAAAA", "2026-01-01T00:00:00Z", 1),
      label("BBBBBBBB", "2026-02-01T00:00:00Z", 2),
    ];
    const layout = layoutOf(VIEW, "front", labels)!;
    expect(layout.label!.text).toBe("HTTPS://HOST/D/BBBBBBBB");
    expect(layout.tags.map(({ id }) => id)).toEqual([1, 2]);
  });

  it("is missing where nothing is printed, or the device has no such face", () => {
    expect(layoutOf(VIEW, "front", [])).toBeNull();
    expect(layoutOf(VIEW, "rear", [label("AAAAAAAA", "2026-01-01T00:00:00Z", 1)])).toBeNull();
  });
});

it("a place is named as it is written on the rack", () => {
  expect(placeOf(VIEW)).toBe("Hall 2 / R07 / U23");
});
