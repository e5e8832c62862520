// @vitest-environment happy-dom
import type { Guide } from "@nearhand/contract";
import { afterEach, expect, it } from "vitest";
import { target, type Target } from "../device/target";
import { openSheet, panel } from "../hud/panels";
import { leaveGuide, progress, startGuide } from "./guide";

afterEach(() => void (target.value = null));

it("a guide that is started stands on the picture, with no panel over it", () => {
  target.value = { view: { device: { id: "d1" } } } as Target;
  openSheet("manual");
  startGuide({ id: "g1" } as Guide);
  expect(progress.value).toMatchObject({ guide_id: "g1", step: 0 });
  expect(panel.value).toBeNull();
  leaveGuide();
});
