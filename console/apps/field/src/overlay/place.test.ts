import type { FaceMark, Face } from "@nearhand/contract";
import { nominalCamera, poseOf, projectFace } from "@nearhand/spatial";
import { describe, expect, it } from "vitest";
import { portPitch } from "../device/portPitch";
import { aboutPoint, placeMark, placeRect, type Sight } from "./place";

const port = (name: string, x_mm: number) =>
  ({ name, kind: "rj45", x_mm, y_mm: 20, width_mm: 12, height_mm: 11 }) as const;
const FACE: Face = {
  width_mm: 482.6,
  height_mm: 44,
  ports: [port("1", 100), port("2", 114)],
  components: [],
};
const CAMERA = nominalCamera(1280, 720);

function sight(sigma_mm: number): Sight {
  const covariance = Array.from({ length: 36 }, (_, i) => (i % 7 ? 0 : i < 21 ? 1e-12 : sigma_mm ** 2));
  const pose = poseOf([0, 0, 0], [-241, -22, 600]);
  return {
    camera: CAMERA,
    located: {
      pose,
      covariance,
      joint: [],
      camera: CAMERA,
      misfit: 1,
      margin: 9,
      label_seen: true,
      tags_seen: [],
      held: [],
    },
  };
}

const ring = (ring_mm: number | null): FaceMark => ({
  id: "m1",
  shape: "ring",
  text: "this one",
  anchor: {
    kind: "face",
    device_id: "d",
    face: "front",
    points_mm: [
      [100, 20, 0],
      [106, 20, 0],
    ],
    ring_mm,
    is_approximate: false,
    port: null,
  },
  frame: null,
  is_hidden: false,
  is_kept: false,
  created_by: "p",
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
});

describe("a mark on the picture", () => {
  it("lies where its point of the face is seen", () => {
    const placed = placeMark(sight(0.01), FACE, ring(null))!;
    expect(placed.target).toEqual(projectFace(CAMERA, sight(0.01).located.pose, [100, 20, 0]));
    expect(placed.isUnsure).toBe(false);
  });

  it("is unsure when its own error and the pose's together reach half-way to the next port", () => {
    expect(placeMark(sight(0.01), FACE, ring(6.9))!.isUnsure).toBe(false);
    expect(placeMark(sight(0.01), FACE, ring(7.2))!.isUnsure).toBe(true);
    expect(placeMark(sight(2), FACE, ring(5))!.isUnsure).toBe(true);
  });

  it("stands where its height off the face is seen, with its foot on the face", () => {
    const [mark, up] = [ring(null), [100, 20, 15] as [number, number, number]];
    const raised = { ...mark, anchor: { ...mark.anchor, points_mm: [up, [106, 20, 15]] } } as FaceMark;
    const placed = placeMark(sight(0.01), FACE, raised)!;
    expect(placed.target).toEqual(projectFace(CAMERA, sight(0.01).located.pose, up));
    expect(placed.foot).toEqual(projectFace(CAMERA, sight(0.01).located.pose, [100, 20, 0]));
    expect(placeMark(sight(0.01), FACE, mark)!.foot).toBeNull();
  });

  it("in space names its first point, and its words rise to the second", () => {
    const mark = ring(null);
    const points_mm = [
      [100, 20, 0],
      [130, -20, 30],
    ] as FaceMark["anchor"]["points_mm"];
    const label = { ...mark, shape: "label_3d", anchor: { ...mark.anchor, points_mm } } as FaceMark;
    const { pose } = sight(0.01).located;
    const placed = placeMark(sight(0.01), FACE, label)!;
    expect(placed.target).toEqual(projectFace(CAMERA, pose, [100, 20, 0]));
    expect(placed.rise).toEqual(projectFace(CAMERA, pose, [130, -20, 30]));
  });

  it("is not drawn behind the camera", () => {
    const behind = { ...sight(1), located: { ...sight(1).located, pose: poseOf([0, 0, 0], [0, 0, -500]) } };
    expect(placeMark(behind, FACE, ring(null))).toBeNull();
    expect(placeRect(behind, port("1", 100))).toBeNull();
  });

  it("points with an arrow's head and a ring's centre", () => {
    expect(aboutPoint("arrow", 2)).toBe(1);
    expect(aboutPoint("ring", 2)).toBe(0);
  });
});

describe("the pitch of ports", () => {
  it("is the way from the nearest port to its neighbour", () => {
    expect(portPitch(FACE, [98, 25])).toBe(14);
    expect(portPitch({ ...FACE, ports: [] }, [0, 0])).toBe(20);
  });
});
