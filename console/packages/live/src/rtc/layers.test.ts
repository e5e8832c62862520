import { describe, expect, test } from "vitest";
import { Layers, type Layer } from "./layers";

function looks(shares: readonly number[], layers = new Layers()): Layer[] {
  let [packets, lost] = [0, 0];
  layers.judge({ packets, lost });
  return shares.map((share) => {
    packets += Math.round(100 * (1 - share));
    lost += Math.round(100 * share);
    return layers.judge({ packets, lost });
  });
}

const times = (count: number, share: number) => Array<number>(count).fill(share);

describe("what one takes from the media server", () => {
  test("comes whole while little is lost, and at half the size after two strained seconds", () => {
    expect(new Set(looks(times(60, 0.02)))).toEqual(new Set(["whole"]));
    expect(looks([0, 0.2, 0, 0.2, 0.2])).toEqual(["whole", "whole", "whole", "whole", "half"]);
  });

  test("is tried whole again after ten calm seconds, and after twice as many each time that was too early", () => {
    const strained = [0.2, 0.2];
    const seen = looks([...strained, ...times(10, 0), ...strained, ...times(20, 0)]);
    const changes = seen.flatMap((layer, k) => (k > 0 && layer !== seen[k - 1] ? [[k, layer]] : []));
    expect(changes).toEqual([[1, "half"], [11, "whole"], [13, "half"], [33, "whole"]]); // prettier-ignore
  });

  test("is not judged by a handful of packets", () => {
    const quiet = new Layers();
    quiet.judge({ packets: 0, lost: 0 });
    expect(quiet.judge({ packets: 1, lost: 1 })).toBe("whole");
  });
});
