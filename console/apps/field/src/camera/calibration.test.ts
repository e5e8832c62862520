// @vitest-environment happy-dom
import { type CameraBelief, nominalCamera } from "@nearhand/spatial";
import { beforeEach, expect, it } from "vitest";
import { believedOf, cameraKey, isOwn, keepCamera, recallCamera, settingOf } from "./calibration";

const REAR = { deviceId: "a1", label: "back camera", facing: "environment", zoom: 1 };
const learnt = (focal_sd: number, fx = 1000): CameraBelief => ({
  ...nominalCamera(1280, 720),
  fx,
  fy: fx,
  k1: 0.02,
  focal_sd,
  k1_sd: 0.003,
});

beforeEach(() => localStorage.clear());

it("remembers a camera, also for pictures of another size and held the other way", () => {
  const key = cameraKey(REAR, 1280, 720);
  keepCamera(key, learnt(0.004));
  expect(recallCamera(key, 1280, 720)).toEqual(learnt(0.004));
  expect(recallCamera(key, 1920, 1080)).toMatchObject({ fx: 1500, fy: 1500, k1: 0.02, focal_sd: 0.004 });
  expect(cameraKey(REAR, 720, 1280)).toBe(key);
  expect(recallCamera(key, 720, 1280)).toMatchObject({
    width: 720,
    height: 1280,
    fx: 1000,
    cx: 359.5,
    cy: 639.5,
  });
});

it("never uses what was learnt of another camera, zoom, facing or picture shape", () => {
  keepCamera(cameraKey(REAR, 1280, 720), learnt(0.004));
  for (const other of [
    { ...REAR, deviceId: "b2" },
    { ...REAR, label: "wide camera" },
    { ...REAR, zoom: 2 },
    { ...REAR, facing: "user" },
  ])
    expect(recallCamera(cameraKey(other, 1280, 720), 1280, 720)).toBeNull();
  expect(recallCamera(cameraKey(REAR, 640, 480), 640, 480)).toBeNull();
});

it("keeps nothing of a camera that has no name", () => {
  expect(cameraKey({ zoom: 1 }, 1280, 720)).toBeNull();
  keepCamera(null, learnt(0.004));
  expect(recallCamera(null, 1280, 720)).toBeNull();
  expect(localStorage.length).toBe(0);
});

it("keeps its key within what the service takes, and tells a phone's own from a name that others share", () => {
  const long = cameraKey({ ...REAR, deviceId: "f".repeat(64), label: "camera ".repeat(60) }, 1920, 1080)!;
  expect(long.length).toBeLessThanOrEqual(200);
  expect(isOwn(long)).toBe(true);
  expect(isOwn(cameraKey({ label: "camera2 0, facing back", zoom: 1 }, 1280, 720)!)).toBe(false);
});

it("does not give up a surer calibration for a vaguer one", () => {
  const key = cameraKey(REAR, 1280, 720);
  keepCamera(key, learnt(0.004, 1000));
  keepCamera(key, learnt(0.03, 900));
  expect(recallCamera(key, 1280, 720)!.fx).toBe(1000);
  keepCamera(key, learnt(0.002, 1010));
  expect(recallCamera(key, 1280, 720)!.fx).toBe(1010);
});

it("survives a store that holds something else", () => {
  const key = cameraKey(REAR, 1280, 720)!;
  for (const text of ["{", "7", "null", JSON.stringify({ [key]: { camera: { fx: "x" } } })]) {
    localStorage.setItem("nearhand.cameras", text);
    expect(recallCamera(key, 1280, 720)).toBeNull();
  }
});

it("draws a camera nearer that was learnt, or is assumed, at another zoom, and is less sure of it", () => {
  const near = { ...REAR, zoom: 2, restZoom: 1 };
  expect(believedOf(near, 1280, 720)).toMatchObject({ fx: 2048, cx: 639.5, cy: 359.5 });
  keepCamera(cameraKey(REAR, 1280, 720), { ...learnt(0.004), cx: 649.5 });
  const believed = believedOf(near, 1280, 720)!;
  expect(believed).toMatchObject({ fx: 2000, fy: 2000, cx: 659.5, cy: 359.5, k1: 0.02 });
  expect(believed.focal_sd).toBeGreaterThan(0.004);
  keepCamera(cameraKey(near, 1280, 720), learnt(0.005, 1960));
  expect(believedOf(near, 1280, 720)?.fx).toBe(1960);
  expect(believedOf(REAR, 1280, 720)?.fx).toBe(1000);
});

it("knows a camera whose zoom is counted from 100", () => {
  const usb = { ...REAR, zoom: 150, restZoom: 100 };
  expect(believedOf(usb, 1280, 720)?.fx).toBe(1536);
  expect(believedOf({ ...usb, zoom: 100 }, 1280, 720)).toBeNull();
});

it("asks a camera for the range of its zoom once", () => {
  let asked = 0;
  const track = {
    label: "usb",
    getSettings: () => ({ deviceId: "u", zoom: 150 }),
    getCapabilities: () => (asked++, { zoom: { min: 100, max: 500 } }),
  } as unknown as MediaStreamTrack;
  expect([settingOf(track), settingOf(track)].map(({ restZoom }) => restZoom)).toEqual([100, 100]);
  expect(asked).toBe(1);
});
