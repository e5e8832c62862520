/** The same numbers as the server's: vectors/*.json, written by tests/vision/vectors.py. */
import { describe, expect, it } from "vitest";
import calibrationsFile from "../vectors/calibrations.json";
import cropsFile from "../vectors/crops.json";
import fitsFile from "../vectors/fits.json";
import masksFile from "../vectors/masks.json";
import posesFile from "../vectors/poses.json";
import projectionFile from "../vectors/projection.json";
import ringsFile from "../vectors/rings.json";
import { calibrate } from "./calibrate";
import { type Intrinsics, normalise } from "./camera";
import { cropTo } from "./crop";
import { SLACK, cameraOf, refineState, startAt } from "./fit";
import type { Point } from "./homography";
import { keptOutline } from "./mask";
import { onFace } from "./onFace";
import { bothPoses } from "./planarPose";
import { type EdgePoints, emptyPoints } from "./points";
import { compose, inverse, perturb, poseOf, rotationVector, transform, type Vec3 } from "./pose";
import { cameraJacobian, errorRing, type FacePoint, pixelToFace, projectFace, stepJacobian } from "./project";
import { ringRadius } from "./rings";
import { finish } from "./uncertainty";

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

interface Measured {
  corners_mm: number[];
  corners_px: number[];
  points_mm: number[];
  points_px: number[];
  normal: number[];
  sd_px: number[];
}

function pointsOf({ points_mm, points_px, normal, sd_px }: Measured): EdgePoints {
  const points = emptyPoints(sd_px.length, true);
  for (let i = 0; i < points.count; i++) {
    [points.x_mm[i], points.y_mm[i]] = [points_mm[2 * i]!, points_mm[2 * i + 1]!];
    [points.u[i], points.v[i]] = [points_px[2 * i]!, points_px[2 * i + 1]!];
    [points.nx[i], points.ny[i]] = [normal[2 * i]!, normal[2 * i + 1]!];
    points.sd[i] = sd_px[i]!;
  }
  return points;
}

const cornersOf = ({ corners_mm, corners_px }: Measured) =>
  rowsOf(corners_mm, 2).map((mm, k) => ({
    face_mm: mm as unknown as Point,
    pixel: corners_px.slice(2 * k, 2 * k + 2) as unknown as Point,
    sigma_px: 0.12,
  }));

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
      const [u, du, v, dv] = cameraJacobian(camera, p);
      expectAlike([u!, v!], one.d_log_focal.slice(2 * i, 2 * i + 2));
      expectAlike([du!, dv!], one.d_k1.slice(2 * i, 2 * i + 2));
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

  it.each(masksFile)("masks: what is kept of $extent, $margin_px px aside", (one) => {
    const kept = keptOutline(one.camera, one.pose, one.covariance, one.extent, one.margin_px);
    if (one.outline_px === null) return expect(kept).toBeNull();
    expectAlike(kept!.flat(), one.outline_px);
  });

  it.each(cropsFile)("crops: of $face, $part", ({ camera, pose, covariance, face, part }) => {
    expect(cropTo(camera, pose, covariance, face)).toEqual(part);
  });

  it.each(ringsFile)("rings: radius $radius", ({ covariance, radius }) => {
    expectAlike([ringRadius(covariance[0]!, covariance[1]!, covariance[3]!)], [radius]);
  });

  it.each(fitsFile)("fits of one picture: points to 0.05 px, rings to a seventh", (one) => {
    const symbols = one.symbols.map(pointsOf);
    const start = bothPoses(one.camera, one.symbols.flatMap(cornersOf))[0]!;
    const first = refineState(one.camera, symbols, startAt(start.pose, symbols.length))!;
    const { fitted, joint, whole } = finish(one.camera, symbols, first, null)!;
    const camera = cameraOf(one.camera, fitted.state);
    const told = onFace(whole, fitted, one.camera, { left: 0, top: 0, right: 482.6, bottom: 44.45 });
    rowsOf(one.ports_mm, 2).forEach(([x, y], i) => {
      const at: FacePoint = [x!, y!, 0];
      const [p, q] = projectFace(camera, told.pose, at)!;
      const { ports_px, rings_px } = one.on_face;
      expect(Math.hypot(p - ports_px[2 * i]!, q - ports_px[2 * i + 1]!)).toBeLessThan(
        Math.max(0.05, rings_px[i]! / 200),
      );
      const shown = errorRing(camera, told.pose, told.covariance, at)!.px;
      expect(Math.abs(shown / rings_px[i]! - 1)).toBeLessThan(0.15);
      const [u, v] = projectFace(camera, fitted.state.pose, at)!;
      // Where nobody knows a point to ten pixels, the last hundredths are where each stopped.
      const least = Math.max(0.05, one.rings_px[i]! / 200);
      expect(Math.hypot(u - one.ports_px[2 * i]!, v - one.ports_px[2 * i + 1]!)).toBeLessThan(least);
      const ring = errorRing(camera, fitted.state.pose, joint, at)!.px;
      expect(Math.abs(ring / one.rings_px[i]! - 1)).toBeLessThan(0.15);
    });
  });

  it.each(calibrationsFile)("cameras learnt from several pictures: $fx", (one) => {
    const views = one.views.map(({ pose, symbols }) => ({ pose, symbols: symbols.map(pointsOf) }));
    const found = calibrate(one.camera, views, SLACK);
    expect(Math.abs(Math.log(found.fx / one.fx))).toBeLessThan(Math.max(2e-4, one.focal_sd / 5));
    expect(Math.abs(found.k1 - one.k1)).toBeLessThan(Math.max(2e-4, one.k1_sd / 5));
    expect(Math.abs(found.focal_sd! / Math.max(one.focal_sd, 0.002) - 1)).toBeLessThan(0.15);
    expect(Math.abs(found.k1_sd! / Math.max(one.k1_sd, 0.002) - 1)).toBeLessThan(0.15);
  });
});
