import type { Face, Sighting } from "@nearhand/contract";
import { describe, expect, it } from "vitest";
import { circleInPicture, errorHere, portNear, reachAt, toFace, toPicture } from "./sight";

/** A camera 600 mm before the face, looking straight at its point (240, 20). */
const sighting: Sighting = {
  device_id: "D",
  face: "front",
  T_camera_face: [1, 0, 0, -240, 0, 1, 0, -20, 0, 0, 1, 600, 0, 0, 0, 1],
  covariance: null,
  camera: { width: 1280, height: 720, fx: 1000, fy: 1000, cx: 639.5, cy: 359.5, k1: 0.05 },
  label_seen: true,
  tags_seen: [],
};

const port = (name: string, x_mm: number) => ({
  name,
  kind: "rj45",
  x_mm,
  y_mm: 20,
  width_mm: 12,
  height_mm: 12,
});
const face: Face = {
  width_mm: 482.6,
  height_mm: 44.45,
  ports: [port("36", 100), port("37", 114)],
  components: [],
};

describe("a picture's sighting", () => {
  it("puts the point the camera looks at in the middle", () => {
    const [u, v] = toPicture(sighting, [240, 20, 0])!;
    expect(u).toBeCloseTo(0.5);
    expect(v).toBeCloseTo(0.5);
  });

  it("leads from the face to the picture and back", () => {
    const [x, y] = toFace(sighting, toPicture(sighting, [114, 33, 0])!)!;
    expect(x).toBeCloseTo(114, 4);
    expect(y).toBeCloseTo(33, 4);
  });

  it("makes a tapped ring as large as a port, however near the camera is", () => {
    expect(reachAt(sighting, [0.5, 0.5])! * 1280).toBeCloseTo(9 * (1000 / 600), 0);
  });

  it("sees nothing behind the camera", () => {
    expect(toPicture(sighting, [240, 20, 700])).toBeNull();
  });

  it("draws a circle on the face as a closed line around its centre", () => {
    const rim = circleInPicture(sighting, [240, 20, 0], 6)!;
    expect(rim[0]![0]).toBeCloseTo(rim.at(-1)![0]);
    expect((rim[0]![0] - 0.5) * 1280).toBeCloseTo(10, 1);
  });

  it("adds the picture's own error to the mark's", () => {
    const anchor = { kind: "face" as const, device_id: "D", face: "front" as const, points_mm: [[240, 20, 0] as [number, number, number]], ring_mm: 1.5, is_approximate: false, port: null }; // prettier-ignore
    expect(errorHere(sighting, anchor)).toBe(1.5);
    expect(errorHere(sighting, { ...anchor, ring_mm: null })).toBeNull();
    const covariance = Array.from({ length: 36 }, (_, n) => (n === 21 || n === 28 ? 1 : 0)); // 1 mm in x and y
    expect(errorHere({ ...sighting, covariance }, anchor)).toBeCloseTo(Math.hypot(1.5, Math.sqrt(5.991)), 2);
  });
});

describe("a click on a face", () => {
  it("means the port it hits", () => {
    expect(portNear(face, [112, 22])?.name).toBe("37");
  });

  it("means the nearest port a little beside it", () => {
    expect(portNear(face, [124, 20])?.name).toBe("37");
  });

  it("means no port far from all", () => {
    expect(portNear(face, [300, 20])).toBeNull();
  });
});
