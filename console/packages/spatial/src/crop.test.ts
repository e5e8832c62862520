import { describe, expect, it } from "vitest";
import { cropTo, croppedTo } from "./crop";
import { projectFace } from "./project";

const CAMERA = { width: 1280, height: 720, fx: 1000, fy: 1000, cx: 639.5, cy: 359.5, k1: -0.02 };
const FACE = { width_mm: 440, height_mm: 44 };
/** Square on the middle of the face, so far away. */
const at = (z_mm: number) => [1, 0, 0, -220, 0, 1, 0, -22, 0, 0, 1, z_mm, 0, 0, 0, 1];
const sure = (variance: number) => Array.from({ length: 36 }, (_, k) => (k % 7 === 0 ? variance : 0));
const SURE = sure(1e-6);

describe("the part of a picture that is the device's", () => {
  it("has the face and 30 mm beside it, in whole even pixels, and little more", () => {
    const part = cropTo(CAMERA, at(700), SURE, FACE)!;
    expect([part.x, part.y, part.width, part.height].every((one) => one % 2 === 0)).toBe(true);
    for (const [x, y] of [[-30, -30], [470, 74]] as const) {
      const [u, v] = projectFace(CAMERA, at(700), [x, y, 0])!;
      expect(u).toBeGreaterThan(part.x - 0.5);
      expect(u).toBeLessThan(part.x + part.width - 0.5);
      expect(v).toBeGreaterThan(part.y - 0.5);
      expect(v).toBeLessThan(part.y + part.height - 0.5);
    } // prettier-ignore
    expect(part.width).toBeLessThan((500 / 700) * 1000 + 8);
    expect(part.height).toBeLessThan((104 / 700) * 1000 + 8);
  });

  it("is as wide as the picture where the face reaches beyond it", () => {
    const part = cropTo(CAMERA, at(250), SURE, FACE)!;
    expect([part.x, part.width]).toEqual([0, 1280]);
    expect(part.height).toBeLessThan(720);
  });

  it("is wider where the pose is less sure", () => {
    const [sharp, unsure] = [SURE, sure(9)].map((covariance) => cropTo(CAMERA, at(700), covariance, { width_mm: 200, height_mm: 44 })!); // prettier-ignore
    expect(unsure).toBeNull();
    const some = cropTo(CAMERA, at(700), sure(2e-5), FACE)!;
    expect(some.height).toBeGreaterThan(sharp!.height);
  });

  it.each([
    ["the face fills it", at(150), SURE, { width_mm: 440, height_mm: 440 }],
    ["it is not known where the face is", at(700), sure(1), FACE],
    ["the face is seen from behind", [-1, 0, 0, 220, 0, 1, 0, -22, 0, 0, -1, 700, 0, 0, 0, 1], SURE, FACE],
    ["the face is behind the camera", at(-700), SURE, FACE],
    ["nothing of the face is in it", [1, 0, 0, 5000, 0, 1, 0, -22, 0, 0, 1, 700, 0, 0, 0, 1], SURE, FACE],
    ["numbers are none", at(NaN), SURE, FACE],
  ])("is all of it where %s", (_, pose, covariance, face) => {
    expect(cropTo(CAMERA, pose, covariance, face)).toBeNull();
  });

  it("has a camera of its own, in which everything is where it was", () => {
    const part = cropTo(CAMERA, at(700), SURE, FACE)!;
    const [u, v] = projectFace(CAMERA, at(700), [100, 20, 0])!;
    const own = projectFace(croppedTo(CAMERA, part), at(700), [100, 20, 0])!;
    expect(own[0]).toBeCloseTo(u - part.x, 9);
    expect(own[1]).toBeCloseTo(v - part.y, 9);
  });
});
