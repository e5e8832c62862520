import { describe, expect, it } from "vitest";
import { crosses, type Leader, type LeaderTarget, placeLeaders } from "./leaders";
import { overlap, type Rect } from "./rects";
import { seeded } from "./testing";

const PHONE = { width: 390, height: 844 };
const BUTTONS: Rect = { x: 12, y: 700, width: 366, height: 132 };
const CHIPS: Rect = { x: 12, y: 12, width: 260, height: 56 };
const BOX = { ...PHONE, keepOut: [BUTTONS, CHIPS] };
const PLATE = { width: 96, height: 24 };

const sizesOf = (targets: readonly LeaderTarget[], size = () => PLATE) =>
  new Map(targets.map(({ id }) => [id, size()]));

function scattered(random: () => number, count: number, margin = 0): LeaderTarget[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `m${i}`,
    at: [-margin + random() * (390 + 2 * margin), -margin + random() * (844 + 2 * margin)],
    clear: random() < 0.5 ? 16 : 6,
  }));
}

/** Ports beside one another, as on a switch: what is named most often. */
function row(count: number, x: number, y: number, pitch: number): LeaderTarget[] {
  return Array.from({ length: count }, (_, i) => ({ id: `p${i}`, at: [x + i * pitch, y], clear: 10 }));
}

function expectTidy(leaders: readonly Leader[], keepOut: readonly Rect[] = BOX.keepOut) {
  for (const [i, { plate }] of leaders.entries()) {
    expect(plate.x).toBeGreaterThanOrEqual(0);
    expect(plate.y).toBeGreaterThanOrEqual(0);
    expect(plate.x + plate.width).toBeLessThanOrEqual(PHONE.width);
    expect(plate.y + plate.height).toBeLessThanOrEqual(PHONE.height);
    for (const one of keepOut) expect(overlap(plate, one)).toBe(false);
    for (const other of leaders.slice(i + 1)) expect(overlap(plate, other.plate)).toBe(false);
  }
}

function crossings(leaders: readonly Leader[]): number {
  return leaders.reduce((sum, a, i) => sum + leaders.slice(i + 1).filter((b) => crosses(a, b)).length, 0);
}

describe("where words stand", () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    "all find room on the screen, on no button and on no other words (seed %i)",
    (seed) => {
      const random = seeded(seed);
      const targets = scattered(random, 1 + Math.floor(random() * 12), 150);
      const sizes = sizesOf(targets, () => ({ width: 40 + random() * 180, height: 24 }));
      const leaders = placeLeaders(targets, BOX, sizes);
      expect(leaders).toHaveLength(targets.length);
      expectTidy(leaders);
    },
  );

  it.each(Array.from({ length: 60 }, (_, seed) => 100 + seed))(
    "lines of equal plates never cross where there is room (seed %i)",
    (seed) => {
      const targets = scattered(seeded(seed), 10);
      expect(crossings(placeLeaders(targets, PHONE, sizesOf(targets)))).toBe(0);
    },
  );

  it("names eight ports of a switch beside one another", () => {
    const targets = row(8, 60, 400, 22);
    const leaders = placeLeaders(targets, BOX, sizesOf(targets, () => ({ width: 60, height: 24 }))); // prettier-ignore
    expect(leaders).toHaveLength(8);
    expectTidy(leaders);
    expect(crossings(leaders)).toBe(0);
  });

  it("above their target, off what is drawn about it, where nothing is in the way", () => {
    const [leader] = placeLeaders([{ id: "a", at: [200, 400], clear: 20 }], BOX, new Map([["a", PLATE]]));
    expect(leader!.plate).toEqual({ x: 152, y: 342, width: 96, height: 24 });
    expect(leader!.from).toEqual([200, 366]);
  });

  it("where somebody put them in space", () => {
    const target: LeaderTarget = { id: "a", at: [200, 400], rise: [260, 470] };
    const [leader] = placeLeaders([target], BOX, new Map([["a", PLATE]]));
    expect(leader!.plate).toEqual({ x: 212, y: 458, width: 96, height: 24 });
  });

  it("leaves out the last when there is no room for all", () => {
    const targets = scattered(seeded(5), 200);
    const leaders = placeLeaders(targets, BOX, sizesOf(targets));
    expect(leaders.length).toBeGreaterThan(40);
    expect(leaders.length).toBeLessThan(200);
    expectTidy(leaders);
  });

  it("leaves out words wider than the screen rather than cut them", () => {
    const sizes = new Map([["a", { width: 500, height: 24 }]]);
    expect(placeLeaders([{ id: "a", at: [200, 400] }], BOX, sizes)).toEqual([]);
  });

  it("is the same for the same picture, in whatever order the marks come", () => {
    const targets = scattered(seeded(8), 9, 100);
    const once = placeLeaders(targets, BOX, sizesOf(targets));
    expect(placeLeaders([...targets].reverse(), BOX, sizesOf(targets))).toEqual(once);
  });
});

describe("words of what is off the screen", () => {
  it("stand at the edge and point there, apart from one another", () => {
    const targets: LeaderTarget[] = [0, 1, 2, 3, 4].map((i) => ({ id: `m${i}`, at: [-80 - i, 300 + i] }));
    const leaders = placeLeaders(targets, BOX, sizesOf(targets));
    expectTidy(leaders);
    for (const leader of leaders) {
      expect(leader.isOutside).toBe(true);
      expect(leader.plate.x).toBe(8);
      expect(Math.cos((leader.angle_deg * Math.PI) / 180)).toBeLessThan(0);
    }
  });

  it("slide along the edge with their target and stay at the edge as it comes near", () => {
    let leaders: Leader[] = [];
    for (let x = -300; x < 0; x += 10) {
      leaders = placeLeaders([{ id: "a", at: [x, 400 + x / 10] }], BOX, new Map([["a", PLATE]]), leaders);
      expect(leaders[0]!.plate.x).toBe(8);
    }
  });

  it("do not flicker in and out as the target trembles at the edge", () => {
    let leaders: Leader[] = [];
    const outside: boolean[] = [];
    for (let i = 0; i < 20; i++) {
      leaders = placeLeaders([{ id: "a", at: [i % 2 ? 3 : -3, 400] }], BOX, new Map([["a", PLATE]]), leaders);
      outside.push(leaders[0]!.isOutside);
    }
    expect(new Set(outside.slice(1)).size).toBe(1);
  });
});

describe("words over time", () => {
  it.each(Array.from({ length: 25 }, (_, seed) => 300 + seed))(
    "stand still while the hand trembles (seed %i)",
    (seed) => {
      const random = seeded(seed);
      const targets = scattered(random, 7).map((one) => ({ ...one, at: inner(one.at) }));
      const sizes = sizesOf(targets);
      let before = placeLeaders(targets, BOX, sizes, placeLeaders(targets, BOX, sizes));
      for (let frame = 0; frame < 20; frame++) {
        const shaken = targets.map((one) => ({ ...one, at: shift(one.at, random() - 0.5, random() - 0.5) }));
        const leaders = placeLeaders(shaken, BOX, sizes, before);
        expect(leaders.map(({ plate }) => plate)).toEqual(before.map(({ plate }) => plate));
        before = leaders;
      }
    },
  );

  it.each(Array.from({ length: 25 }, (_, seed) => 400 + seed))(
    "travel with their targets as the camera moves, and jump seldom (seed %i)",
    (seed) => {
      const random = seeded(seed);
      const targets = scattered(random, 6);
      const sizes = sizesOf(targets);
      const [vx, vy] = [(random() - 0.5) * 6, (random() - 0.5) * 6];
      let before: Leader[] = [];
      let jumps = 0;
      for (let frame = 0; frame < 60; frame++) {
        const moved = targets.map((one) => ({ ...one, at: shift(one.at, vx * frame, vy * frame) }));
        const leaders = placeLeaders(moved, BOX, sizes, before);
        expectTidy(leaders);
        for (const leader of leaders) {
          const old = before.find(({ id }) => id === leader.id);
          if (old && old.isOutside === leader.isOutside && wayBetween(old.plate, leader.plate) > 16) jumps++;
        }
        before = leaders;
      }
      expect(jumps).toBeLessThanOrEqual(6); // each once at most, of 360
    },
  );
});

const inner = ([x, y]: readonly [number, number]) => [40 + x * 0.8, 120 + y * 0.6] as const;
const shift = ([x, y]: readonly [number, number], dx: number, dy: number) => [x + dx, y + dy] as const;
const wayBetween = (a: Rect, b: Rect) => Math.hypot(a.x - b.x, a.y - b.y);
