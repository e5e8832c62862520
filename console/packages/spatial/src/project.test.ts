import { describe, expect, it } from "vitest";
import { nominalCamera, normalise, scaledTo } from "./camera";
import { fit, fromUnit, pictureToBox, boxToPicture, toUnit } from "./image";
import { perturb, poseOf, transform } from "./pose";
import { errorRing, pixelToFace, projectCamera, projectFace, stepJacobian } from "./project";

const CAMERA = { ...nominalCamera(1280, 720), k1: -0.08 };
const POSE = poseOf([0.2, -0.4, 0.1], [-200, -30, 600]);

describe("projection", () => {
  it("agrees with OpenCV's projectPoints", () => {
    // cv2.projectPoints of (100, 20, 0) and (400, 40, -10) with this camera and pose
    const expected = [
      [463.0595, 351.9255],
      [861.9075, 405.4019],
    ];
    const points = [
      projectFace(CAMERA, POSE, [100, 20, 0])!,
      projectFace(CAMERA, POSE, [400, 40, 10])!, // z_mm towards the viewer is -z of the face
    ];
    points.forEach((point, i) => point.forEach((value, k) => expect(value).toBeCloseTo(expected[i]![k]!, 3)));
  });

  it("is undone by meeting the face plane", () => {
    for (const [x, y] of [
      [0, 0],
      [482.6, 44.45],
      [241, 22],
    ] as const) {
      const pixel = projectFace(CAMERA, POSE, [x, y, 0])!;
      const back = pixelToFace(CAMERA, POSE, pixel[0], pixel[1])!;
      expect(back[0]).toBeCloseTo(x, 4);
      expect(back[1]).toBeCloseTo(y, 4);
    }
  });

  it("has nothing to say of points behind the camera", () => {
    expect(projectFace(CAMERA, poseOf([0, 0, 0], [0, 0, -10]), [1, 1, 0])).toBeNull();
  });

  it("has the derivative that a small step shows", () => {
    const at = transform(POSE, [300, 10, 0]);
    const j = stepJacobian(CAMERA, at);
    for (let k = 0; k < 6; k++) {
      const step = [0, 0, 0, 0, 0, 0];
      step[k] = 1e-5;
      const moved = projectCamera(CAMERA, transform(perturb(POSE, step), [300, 10, 0]))!;
      const still = projectCamera(CAMERA, at)!;
      expect((moved[0] - still[0]) / 1e-5).toBeCloseTo(j[k]!, 1);
      expect((moved[1] - still[1]) / 1e-5).toBeCloseTo(j[6 + k]!, 1);
    }
  });

  it("widens the error ring with the covariance, in pixels and millimetres alike", () => {
    const covariance = Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? (i < 21 ? 1e-6 : 0.01) : 0));
    const near = errorRing(CAMERA, POSE, covariance, [10, 10, 0])!;
    const wide = errorRing(
      CAMERA,
      POSE,
      covariance.map((c) => 4 * c),
      [10, 10, 0],
    )!;
    expect(wide.px).toBeCloseTo(2 * near.px, 6);
    expect(wide.mm).toBeCloseTo(2 * near.mm, 6);
    expect(near.mm).toBeGreaterThan(0.2);
  });
});

describe("a camera", () => {
  it("keeps directions when its pictures are scaled", () => {
    const half = scaledTo(CAMERA, 640, 360)!;
    const a = normalise(CAMERA, 1000.5, 200.5);
    const b = normalise(half, 500, 100);
    expect(b[0]).toBeCloseTo(a[0], 9);
    expect(b[1]).toBeCloseTo(a[1], 9);
    expect(scaledTo(CAMERA, 640, 480)).toBeNull();
  });
});

describe("a picture in a box", () => {
  it("covers a tall box: what lies in the middle stays there, the sides are cut", () => {
    const cover = fit({ width: 1280, height: 720 }, { width: 390, height: 844 }, "cover");
    expect(cover.scale).toBeCloseTo(844 / 720, 9);
    expect(pictureToBox(cover, [639.5, 359.5])).toEqual([195, 422]);
    expect(cover.left).toBeLessThan(0);
  });

  it("shows all of itself with bars when contained, and points come back", () => {
    const contain = fit({ width: 1280, height: 720 }, { width: 390, height: 844 }, "contain");
    expect(contain.left).toBe(0);
    const back = boxToPicture(contain, pictureToBox(contain, [100, 200]));
    expect(back[0]).toBeCloseTo(100, 9);
    expect(back[1]).toBeCloseTo(200, 9);
  });

  it("counts 0..1 from pixel edges, not centres", () => {
    expect(toUnit({ width: 10, height: 10 }, [0, 9])).toEqual([0.05, 0.95]);
    expect(fromUnit({ width: 10, height: 10 }, [0.05, 0.95])).toEqual([0, 9]);
  });
});
