// @vitest-environment happy-dom
import type { Annotation } from "@nearhand/contract";
import type { LiveView } from "@nearhand/live";
import { beforeEach, expect, test } from "vitest";
import { panel } from "../hud/panels";
import { lookedAt, markedStills, marksOnStills, openedStill, openStill, unseenOnStills } from "./onStills";
import { room } from "./room";

const on = (id: string, sha256: string | null, is_hidden = false) =>
  ({
    id,
    is_hidden,
    anchor: sha256 ? { kind: "still", sha256 } : { device_id: "D" },
  }) as unknown as Annotation;

function marked(annotations: Annotation[], removing: string[] = []): void {
  room.value = { annotations, pending: { removing } } as unknown as LiveView;
}

beforeEach(() => {
  room.value = null;
  panel.value = openedStill.value = null;
});

test("only marks on stills count, and neither hidden nor removed ones", () => {
  expect(marksOnStills.value).toEqual([]);
  marked([on("a", "one"), on("b", null), on("c", "one", true), on("d", "two")], ["d"]);
  expect(marksOnStills.value.map(({ id }) => id)).toEqual(["a"]);
});

test("stills stand in the order in which they were marked last", () => {
  marked([on("a", "one"), on("b", "two"), on("c", "one")]);
  expect(markedStills.value).toEqual(["two", "one"]);
});

test("what opens is the still with a mark not looked at yet, else the one marked last", () => {
  marked([on("a", "one"), on("b", "two")]);
  lookedAt(marksOnStills.value.filter(({ id }) => id === "a"));
  openStill();
  expect([openedStill.value, panel.value]).toEqual(["two", "still"]);
  lookedAt(marksOnStills.value);
  expect(unseenOnStills.value).toEqual([]);
  marked([on("a", "one"), on("b", "two"), on("c", "one")]);
  expect(unseenOnStills.value.map(({ id }) => id)).toEqual(["c"]);
  openStill();
  expect(openedStill.value).toBe("one");
  openStill("two");
  expect(openedStill.value).toBe("two");
});
