import { describe, expect, it } from "vitest";
import { type Contradiction, contradiction, type Held, identityOf, lastSeen, seenLately } from "./held";

const seen = (at: number, located: { label_seen?: boolean; tags_seen?: number[] } = {}, held?: Held) => ({
  deviceId: "d",
  at,
  held,
  located: { label_seen: false, tags_seen: [] as number[], ...located },
});

describe("by what a device is known", () => {
  it("its label, also in the frames between two looks for it", () => {
    const last = lastSeen(null, seen(1000, { label_seen: true }));
    expect(identityOf(seen(1100, { tags_seen: [1] }), last, 1100, false)).toEqual({ kind: "label" });
    const later = lastSeen(last, seen(3000, { tags_seen: [1] }));
    expect(identityOf(seen(3000, { tags_seen: [1] }), later, 3000, false)).toEqual({ kind: "tags" });
  });

  it("motion, with the time since a symbol was seen", () => {
    const last = lastSeen(null, seen(0, { tags_seen: [1] }));
    const carried = lastSeen(last, seen(3200, {}, "flow"));
    expect(identityOf(seen(3200, {}, "flow"), carried, 3200, false)).toEqual({ kind: "motion", for_s: 3 });
  });

  it("its tags still, in a frame between two looks for them", () => {
    const last = lastSeen(null, seen(0, { tags_seen: [1] }));
    expect(identityOf(seen(100, {}, "flow"), last, 100, false)).toEqual({ kind: "tags" });
  });

  it("what flow remembers of symbols does not count as seeing them", () => {
    const last = lastSeen(null, seen(0, { tags_seen: [1] }));
    const carried = lastSeen(last, seen(5000, { label_seen: true, tags_seen: [1] }, "flow"));
    expect(identityOf(seen(5000, {}, "flow"), carried, 5000, false)).toEqual({ kind: "motion", for_s: 5 });
  });

  it("motion, where the reader of frames does not say so and no symbol is seen", () => {
    const last = lastSeen(null, seen(0, { tags_seen: [1] }));
    expect(identityOf(seen(2000), lastSeen(last, seen(2000)), 2000, false)).toEqual({
      kind: "motion",
      for_s: 2,
    });
  });

  it("its picture", () => {
    expect(identityOf(seen(5, {}, "face_picture"), null, 5, false)).toEqual({ kind: "picture" });
  });

  it("nothing: then marks are on the still, if there is one", () => {
    expect(identityOf(null, null, 5, true)).toEqual({ kind: "still" });
    expect(identityOf(null, null, 5, false)).toEqual({ kind: "nothing" });
  });

  it("another device's label is forgotten", () => {
    const last = lastSeen(null, { ...seen(1000, { label_seen: true }), deviceId: "other" });
    const now = lastSeen(last, seen(1100, { tags_seen: [1] }));
    expect(identityOf(seen(1100, { tags_seen: [1] }), now, 1100, false)).toEqual({ kind: "tags" });
  });
});

describe("what was seen lately", () => {
  it("is every symbol of the last second or so, whichever frame it was in", () => {
    let last = lastSeen(null, seen(0, { tags_seen: [1] }));
    last = lastSeen(last, seen(500, { label_seen: true }));
    last = lastSeen(last, seen(900, { tags_seen: [2] }));
    last = lastSeen(last, seen(1000));
    expect(seenLately(last, 1000)).toEqual({ label_seen: true, tags_seen: [1, 2] });
    expect(seenLately(last, 1800)).toEqual({ label_seen: false, tags_seen: [2] });
    expect(seenLately(null, 0)).toEqual({ label_seen: false, tags_seen: [] });
  });
});

describe("a label and tags that contradict each other", () => {
  const over = (frames: readonly boolean[], step_ms = 100) => {
    let state: Contradiction | null = null;
    return frames.map((one, i) => (state = contradiction(state, one, i * step_ms)).isShown);
  };

  it("are told of when it lasts, not for a frame", () => {
    expect(over([true, false, false, false, false, false, true])).not.toContain(true);
    expect(over([true, true, true, true, true]).at(-1)).toBe(true);
    expect(over([true, true, false, true, true, true]).at(-1)).toBe(true);
  });

  it("stay told of for a moment, and go", () => {
    const shown = over([...Array<boolean>(6).fill(true), ...Array<boolean>(20).fill(false)]);
    expect(shown[6]).toBe(true);
    expect(shown.at(-1)).toBe(false);
  });
});
