import type { Session } from "@nearhand/contract";
import { beforeEach, expect, it } from "vitest";
import { Player } from "./player";
import { Tale } from "./tale";
import { at, event, mark, still } from "./testing";

const session: Session = {
  id: "s",
  subject: "",
  device_id: null,
  status: "ended",
  opened_by: "technician",
  opened_by_name: "T",
  opened_at: at(0),
  ended_at: at(100),
  last_still_sha256: null,
  expert_names: [],
  work_order: "",
};
const tale = new Tale(session, [
  event(1, { type: "still.shared", still: still(1, 1) }),
  event(2, { type: "annotation.added", annotation: mark("one") }),
  event(3, { type: "still.shared", still: still(3, 2) }),
  event(4, { type: "annotation.added", annotation: mark("two") }), // drawn on the older still
  event(5, { type: "annotation.removed", id: "one" }),
]);
let player: Player;
beforeEach(() => (player = new Player(tale)));

it("what is seen is what was there at that moment, and no more", () => {
  player.seek(2500);
  expect(player.view.value.annotations.map(({ id }) => id)).toEqual(["one"]);
  player.seek(5000);
  expect(player.view.value.annotations.map(({ id }) => id)).toEqual(["two"]);
  player.seek(500);
  expect(player.view.value.annotations).toEqual([]);
  expect(player.picture.value).toBeNull();
});

it("a mark is shown on the still it was drawn on, also when a newer one had come", () => {
  player.seek(3000);
  expect(player.picture.value?.frame.frame_id).toBe(2);
  player.nextMark();
  expect(player.t_ms.value).toBe(4000);
  expect(player.picture.value?.frame.frame_id).toBe(1);
});

it("the mark before and the mark after are found from anywhere", () => {
  player.seek(3999);
  player.previousMark();
  expect(player.t_ms.value).toBe(2000);
  player.previousMark();
  expect(player.t_ms.value).toBe(2000);
  player.seek(90_000);
  player.previousMark();
  expect(player.t_ms.value).toBe(4000);
});

it("it plays at its speed, and stands at the end", () => {
  player.skipsPauses.value = false;
  player.speed.value = 4;
  player.toggle();
  player.tick(500);
  expect(player.t_ms.value).toBe(2000);
  player.tick(60_000);
  expect(player.t_ms.value).toBe(100_000);
  expect(player.isPlaying.value).toBe(false);
  player.toggle();
  expect(player.t_ms.value).toBe(0);
});

it("a long pause is skipped but for its last two seconds", () => {
  player.seek(7500);
  player.toggle();
  player.tick(16);
  expect(player.t_ms.value).toBe(98_000);
});
