// @vitest-environment happy-dom
import type { CameraAsked } from "@nearhand/contract";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { abilitiesOf, nextCamera } from "./abilities";
import { type CameraDoors, Steering } from "./steering";

/** A camera that does as it is told, or not. */
class FakeTrack {
  readonly applied: Record<string, unknown>[] = [];
  zoom = 1;
  isStubborn = false;

  constructor(
    readonly can: Record<string, unknown>,
    readonly deviceId = "rear",
  ) {}

  getCapabilities = () => this.can;
  getSettings = () => ({ deviceId: this.deviceId, zoom: this.zoom });

  async applyConstraints({ advanced: [wanted] }: { advanced: Record<string, unknown>[] }): Promise<void> {
    await Promise.resolve();
    if (this.isStubborn) throw new DOMException("no", "OverconstrainedError");
    this.applied.push(wanted!);
    if (typeof wanted!["zoom"] === "number") this.zoom = wanted!["zoom"];
  }
}

const PHONE = { torch: true, zoom: { min: 1, max: 8, step: 0.1 }, focusMode: ["continuous", "single-shot"] };
const REAR = { deviceId: "rear", label: "camera 0, facing back" };
const WIDE = { deviceId: "wide", label: "camera 2, facing back" };
const FRONT = { deviceId: "front", label: "camera 1, facing front" };

let told: Parameters<CameraDoors["tell"]>[0][];
let opened: string[];
let moves: number;

function steering(track: FakeTrack | null, cameras = [FRONT, REAR]): Steering {
  return new Steering(
    {
      track: () => track as unknown as MediaStreamTrack,
      cameras: async () => cameras,
      open: async (id) => void opened.push(id),
      tell: (state) => told.push(state),
      lensMoves: () => moves++,
      torchIs: () => undefined,
    },
    () => Date.now(),
  );
}

const asked = (act: CameraAsked["act"], more: Partial<CameraAsked> = {}): CameraAsked => ({
  type: "camera.asked",
  by: "EXPERT",
  client: "c",
  act,
  is_on: null,
  zoom: null,
  at: null,
  ...more,
});

const soon = () => vi.advanceTimersByTimeAsync(1000);

beforeEach(() => {
  vi.useFakeTimers();
  [told, opened, moves] = [[], [], 0];
  vi.stubGlobal("navigator", {
    mediaDevices: { getSupportedConstraints: () => ({ pointsOfInterest: true }) },
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("says what a camera can do, and offers nothing that it cannot", () => {
  const of = (can: object | null) => abilitiesOf(can && (new FakeTrack(can as never) as never));
  expect(of(PHONE)).toEqual({ torch: true, zoom: { now: 1, min: 1, max: 8 }, canFocus: true });
  const nothing = { torch: false, zoom: null, canFocus: false };
  expect(of({})).toEqual(nothing);
  expect(of(null)).toEqual(nothing);
  expect(of({ zoom: { min: 1, max: 1 }, focusMode: ["continuous"] })).toEqual(nothing);
});

it("goes from one rear camera to the next, and to the one that looks at the person last", () => {
  const all = [FRONT, REAR, WIDE];
  expect(nextCamera(all, "rear")).toBe("wide");
  expect(nextCamera(all, "wide")).toBe("front");
  expect(nextCamera(all, "front")).toBe("rear");
  expect(nextCamera(all, undefined)).toBe("rear");
  expect(nextCamera([REAR], "rear")).toBeNull();
});

it("tells its state when asked, and when another camera films", async () => {
  const steer = steering(new FakeTrack(PHONE));
  await steer.met();
  expect(told.at(-1)).toMatchObject({ torch: false, zoom: { max: 8 }, can_focus: true, cameras: 2 });
  const count = told.length;
  steer.hear(asked("tell"));
  await soon();
  expect(told.length).toBe(count + 1);
});

it("does nothing that an expert asks before the technician says so, and says when they said no", async () => {
  const track = new FakeTrack(PHONE);
  const steer = steering(track);
  await steer.met();
  steer.hear(asked("torch", { is_on: true }));
  await soon();
  expect(track.applied).toEqual([]);
  expect(told.at(-1)).toMatchObject({ asked: "torch", declined: null });
  steer.answer(false);
  await soon();
  expect(told.at(-1)).toMatchObject({ asked: null, declined: "torch", torch: false });
  steer.hear(asked("torch", { is_on: true }));
  steer.answer(true);
  await soon();
  expect(track.applied).toEqual([{ torch: true }]);
  expect(told.at(-1)).toMatchObject({ asked: null, declined: null, torch: true });
});

it("takes silence for a no", async () => {
  const steer = steering(new FakeTrack(PHONE));
  await steer.met();
  steer.hear(asked("switch"));
  await vi.advanceTimersByTimeAsync(31_000);
  expect(told.at(-1)).toMatchObject({ asked: null, declined: "switch" });
  expect(opened).toEqual([]);
});

it("does at once what is asked once the technician lets the expert steer, beginning with what waits", async () => {
  const track = new FakeTrack(PHONE);
  const steer = steering(track);
  await steer.met();
  steer.hear(asked("torch", { is_on: true }));
  steer.allow(true);
  await soon();
  steer.hear(asked("focus", { at: [0.25, 0.75] }));
  steer.hear(asked("switch"));
  await soon();
  expect(track.applied).toEqual([
    { torch: true },
    { pointsOfInterest: [{ x: 0.25, y: 0.75 }], focusMode: "single-shot" },
  ]);
  expect(opened).toEqual(["front"]);
  expect(told.at(-1)).toMatchObject({ is_steered: true });
});

it("goes to the zoom that was wanted last, within its range, and says that the lens moves before and after", async () => {
  const track = new FakeTrack(PHONE);
  const steer = steering(track);
  await steer.met();
  for (const zoom of [2, 3, 4, 99]) void steer.do({ act: "zoom", zoom, is_on: null, at: null });
  await soon();
  expect(track.applied).toEqual([{ zoom: 2 }, { zoom: 8 }]);
  expect(steer.state.get().zoom).toEqual({ now: 8, min: 1, max: 8 });
  expect(moves).toBe(4);
});

it("is not asked more than twice a second what it is, however fast fingers are", async () => {
  const steer = steering(new FakeTrack(PHONE));
  await steer.met();
  const before = told.length;
  for (let n = 0; n < 50; n++) {
    void steer.do({ act: "zoom", zoom: 1 + n / 10, is_on: null, at: null });
    await vi.advanceTimersByTimeAsync(20);
  }
  expect(told.length - before).toBeLessThanOrEqual(3);
  await soon();
  expect(told.at(-1)?.zoom?.now).toBeCloseTo(5.9);
});

it("keeps the light that is on when its state is told anew", async () => {
  const steer = steering(new FakeTrack(PHONE));
  await steer.met();
  await steer.do({ act: "torch", is_on: true, zoom: null, at: null });
  await steer.met();
  await soon();
  expect(told.at(-1)).toMatchObject({ torch: true });
});

it("says what is so when the camera refuses", async () => {
  const track = new FakeTrack(PHONE);
  const steer = steering(track);
  await steer.met();
  track.isStubborn = true;
  await steer.do({ act: "torch", is_on: true, zoom: null, at: null });
  await soon();
  expect(told.at(-1)).toMatchObject({ torch: false });
});

it("asks nothing of a film, which has no track", async () => {
  const steer = steering(null, []);
  await steer.met();
  await steer.do({ act: "torch", is_on: true, zoom: null, at: null });
  await steer.do({ act: "switch", is_on: null, zoom: null, at: null });
  expect(told.at(-1)).toMatchObject({ torch: null, zoom: null, can_focus: false, cameras: 0 });
  expect(opened).toEqual([]);
});
