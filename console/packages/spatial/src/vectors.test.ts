/** The same numbers as the server's: vectors/*.json, written by tests/vision/vectors.py. */
import { describe, expect, it } from "vitest";
import posesFile from "../vectors/poses.json";
import projectionFile from "../vectors/projection.json";
import ringsFile from "../vectors/rings.json";
import { type Intrinsics, normalise } from "./camera";
import { compose, inverse, perturb, poseOf, rotationVector, transform, type Vec3 } from "./pose";
import { cameraJacobian, errorRing, type FacePoint, pixelToFace, projectFace, stepJacobian } from "./project";
import { ringRadius } from "./rings";

/** As close as ten digits allow. */
function expectAlike(found: ArrayLike<number> | null, wanted: readonly (number | null)[]): void {
  if (wanted.every((value) => value === null))
    return expect(found ? [...Array.from(found)] : null).toSatisfy(isNothing);
  Array.from(found!).forEach((value, i) =>
    expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-7 * (1 + Math.abs(wanted[i]!))),
  );
  expect(found).toHaveLength(wanted.length);
}

const isNothing = (found: number[] | null): boolean => found === null || found.every(Number.isNaN);

function rowsOf<T>(values: readonly T[], columns: number): T[][] {
  return Array.from({ length: values.length / columns }, (_, i) =>
    values.slice(i * columns, (i + 1) * columns),
  );
}

describe("the server's numbers", () => {
  it.each(posesFile)("poses: turned by $vector", (one) => {
    const made = poseOf(one.vector as unknown as Vec3, one.translation as unknown as Vec3);
    expectAlike(made, one.pose);
    expectAlike(rotationVector(one.pose), one.back);
    expectAlike(compose(one.pose, one.other), one.composed);
    expectAlike(inverse(one.pose), one.inverse);
    expectAlike(perturb(one.pose, one.step), one.perturbed);
  });

  it.each(projectionFile)("projection: $camera", (one) => {
    const camera: Intrinsics = one.camera;
    rowsOf(one.points_mm, 3).forEach((row, i) => {
      const [x, y, z] = row as [number, number, number];
      expectAlike(projectFace(camera, one.pose, [x, y, z]), one.px.slice(2 * i, 2 * i + 2));
      const p = transform(one.pose, [x, y, -z]);
      expectAlike(stepJacobian(camera, p), one.d_step.slice(12 * i, 12 * i + 12));
      const [u, , v] = cameraJacobian(camera, p);
      expectAlike([u!, v!], one.d_log_focal.slice(2 * i, 2 * i + 2));
    });
    rowsOf(one.pixels, 2).forEach(([u, v], i) => {
      expectAlike(normalise(camera, u!, v!), one.rays.slice(2 * i, 2 * i + 2));
      expectAlike(pixelToFace(camera, one.pose, u!, v!), one.face_mm.slice(2 * i, 2 * i + 2));
    });
    rowsOf(one.flat_mm, 3).forEach((row, i) => {
      const ring = errorRing(camera, one.pose, one.covariance, row as unknown as FacePoint)!;
      expectAlike([ring.px, ring.mm], [one.rings[i]!.px, one.rings[i]!.mm]);
    });
  });

  it.each(ringsFile)("rings: radius $radius", ({ covariance, radius }) => {
    expectAlike([ringRadius(covariance[0]!, covariance[1]!, covariance[3]!)], [radius]);
  });
});
