import { describe, expect, it } from "vitest";
import { carryCovariance, disagreement, joinBeliefs, stepBetween } from "./belief";
import { compose, inverse, perturb, poseOf } from "./pose";

const FROM = poseOf([0.1, -0.2, 0.05], [20, -10, 500]);
const TO = poseOf([-0.3, 0.1, 0.2], [-60, 30, 380]);

function diagonal(...sds: number[]): number[] {
  return sds.flatMap((sd, i) => sds.map((_, k) => (i === k ? sd * sd : 0)));
}

describe("beliefs about a pose", () => {
  it("carry an error on the face along with the camera", () => {
    const error = [2e-4, -1e-4, 3e-4, 0.1, -0.2, 0.3];
    const onFace = compose(inverse(FROM), perturb(FROM, error));
    const there = stepBetween(TO, compose(TO, onFace));
    const carried = carryCovariance(
      error.flatMap((a) => error.map((b) => a * b)),
      FROM,
      TO,
    );
    there.forEach((a, i) => there.forEach((b, k) => expect(carried[6 * i + k]).toBeCloseTo(a * b, 5)));
  });

  it("that say the same twice are no surer for it", () => {
    const belief = { pose: FROM, covariance: diagonal(1e-3, 1e-3, 1e-3, 1, 1, 2) };
    const joined = joinBeliefs(belief, belief);
    joined.covariance.forEach((value, i) => expect(value).toBeCloseTo(belief.covariance[i]!, 9));
    expect(disagreement(belief, joined)).toBeCloseTo(0, 9);
  });

  it("that differ in sureness join at the surer", () => {
    const sure = { pose: FROM, covariance: diagonal(1e-4, 1e-4, 1e-4, 0.1, 0.1, 0.2) };
    const unsure = {
      pose: perturb(FROM, [0, 0, 0, 3, 0, 0]),
      covariance: diagonal(1e-2, 1e-2, 1e-2, 5, 5, 9),
    };
    expect(stepBetween(FROM, joinBeliefs(sure, unsure).pose)[3]).toBeCloseTo(0, 2);
    expect(stepBetween(FROM, joinBeliefs(unsure, sure).pose)[3]).toBeCloseTo(0, 2);
  });

  it("disagree by as many deviations as they are apart", () => {
    const covariance = diagonal(1e-3, 1e-3, 1e-3, 1, 1, 1);
    const other = { pose: perturb(FROM, [0, 0, 0, 4, 0, 0]), covariance };
    expect(disagreement({ pose: FROM, covariance }, other)).toBeCloseTo(8, 6);
  });
});
