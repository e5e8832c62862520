import { type FaceLayout, nominalCamera, poseOf } from "@nearhand/spatial";
import { describe, expect, it } from "vitest";
import { adviceFor, type Steady, steady, type Sureness, surenessOf } from "./honesty";
import type { Sight } from "./place";

const LAYOUT: FaceLayout = {
  label: { text: "L", x_mm: 41.5, y_mm: 20, size_mm: 25 },
  tags: [
    { id: 1, x_mm: 11, y_mm: 22, size_mm: 15 },
    { id: 2, x_mm: 471.6, y_mm: 22, size_mm: 15 },
  ],
};
const CAMERA = nominalCamera(1280, 720);

/** A face whose point (x_mm, 22) is straight ahead. */
function sight(
  x_mm: number,
  distance_mm: number,
  seen: { label_seen?: boolean; tags_seen?: number[] },
  turn = 0,
): Sight {
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const pose = poseOf([0, 0, turn], [-x_mm * c + 22 * s, -x_mm * s - 22 * c, distance_mm]);
  const located = { pose, covariance: [], misfit: 1, margin: 9, label_seen: false, tags_seen: [], ...seen };
  return { camera: CAMERA, located } as unknown as Sight;
}

describe("whether a mark may claim a port", () => {
  const over = (rings: readonly number[], step_ms = 50) => {
    let state: Sureness | undefined;
    return rings.map((ring, i) => (state = surenessOf(state, ring, 14, i * step_ms)).isSure);
  };

  it("it may at once while its ring is below half the pitch, and may not at once when it is above", () => {
    expect(over([6.9, 7.1])).toEqual([true, false]);
    expect(over([7.1])).toEqual([false]);
  });

  it("it may not while nobody knows how sure it is", () => {
    expect(over([NaN])).toEqual([false]);
  });

  it("it may again only when the ring stays well below for a while", () => {
    expect(over([8, 5, 5, 5, 5, 5, 5, 5, 5])).toEqual([
      false, false, false, false, false, false, false, true, true,
    ]); // prettier-ignore
    expect(over([8, ...Array<number>(40).fill(6.5)]).slice(1)).not.toContain(true);
  });

  it("a ring that trembles about the limit never flickers", () => {
    const shown = over(Array.from({ length: 100 }, (_, i) => (i % 2 ? 6.5 : 7.5)));
    expect(shown).not.toContain(true);
  });

  it("never is an arrow shown whose ring reaches the next port", () => {
    let state: Sureness | undefined;
    for (let i = 0; i < 500; i++) {
      const ring = 7 + 5 * Math.sin(i / 7) + 3 * Math.sin(i / 3.1);
      state = surenessOf(state, ring, 14, i * 33);
      if (state.isSure) expect(ring).toBeLessThanOrEqual(7);
    }
  });
});

describe("what would help", () => {
  it("is to come closer when both tags are seen", () => {
    expect(adviceFor(sight(241, 1500, { tags_seen: [1, 2] }), LAYOUT)).toEqual({ kind: "closer" });
  });

  it("is to come closer when the other tag is in the picture and too small to be found", () => {
    expect(adviceFor(sight(241, 1500, { tags_seen: [1] }), LAYOUT)).toEqual({ kind: "closer" });
  });

  it("is to show the other tag, on the side where it is, when one end alone is in the picture", () => {
    const left = sight(41, 200, { label_seen: true, tags_seen: [1] });
    expect(adviceFor(left, LAYOUT)).toEqual({ kind: "show", what: "tag", side: "right" });
    const right = sight(450, 200, { tags_seen: [2] });
    expect(adviceFor(right, LAYOUT)).toEqual({ kind: "show", what: "tag", side: "left" });
  });

  it("names the side as it is on the screen, also with the phone held upright", () => {
    const turned = sight(41, 200, { label_seen: true }, Math.PI / 2);
    expect(adviceFor(turned, LAYOUT)).toEqual({ kind: "show", what: "tag", side: "bottom" });
  });

  it("is to show the label where no tags are printed and it is out of the picture", () => {
    const bare = { ...LAYOUT, tags: [] };
    expect(adviceFor(sight(400, 200, {}), bare)).toEqual({ kind: "show", what: "label", side: "left" });
    expect(adviceFor(sight(41, 200, { label_seen: true }), bare)).toEqual({ kind: "closer" });
  });
});

describe("words that are said", () => {
  it("change only when the new ones have been right for a while", () => {
    let state: Steady<string> | undefined;
    const said = ["a", "b", "a", "b", "b", "b", "b"].map(
      (next, i) => (state = steady(state, next, i * 400)).shown,
    );
    expect(said).toEqual(["a", "a", "a", "a", "a", "a", "b"]);
  });
});
