// @vitest-environment happy-dom
import { type CameraBelief, nominalCamera } from "@nearhand/spatial";
import { beforeEach, expect, it } from "vitest";
import { cameraKey, isOwn, keepCamera, recallCamera } from "./calibration";

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
