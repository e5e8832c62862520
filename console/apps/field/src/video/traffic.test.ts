// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { Traffic } from "./traffic";

const STORED = "nearhand.field.traffic";
afterEach(() => localStorage.clear());

describe("what a session takes of the phone's data", () => {
  it("is all that came and went since the session was opened here", () => {
    const sums = { live: 500, uploads: 2_000_000 };
    const traffic = new Traffic("s1", [() => sums.live, () => sums.uploads]);
    expect(traffic.bytes).toBe(0);
    sums.live += 40;
    sums.uploads += 300_000;
    expect(traffic.bytes).toBe(300_040);
  });

  it("goes on after a reload of the page, of that session alone", () => {
    let sum = 0;
    const before = new Traffic("s1", [() => sum]);
    sum = 250_000;
    before.keep();
    sum = 260_000; // a little more is not written down each time
    before.keep();
    const after = new Traffic("s1", [() => 5]);
    expect(after.bytes).toBe(250_000);
    before.keep(true);
    expect(new Traffic("s1", []).bytes).toBe(260_000);
    expect(new Traffic("s2", []).bytes).toBe(0);
  });

  it.each(["{", "null", '{"session":"s1"}', '{"session":"s1","bytes":null}'])(
    "begins anew where what was kept is none (%s)",
    (kept) => {
      localStorage.setItem(STORED, kept);
      expect(new Traffic("s1", []).bytes).toBe(0);
    },
  );
});
