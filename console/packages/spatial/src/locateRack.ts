/** Find a rack by the symbols of its devices: where it is, and which device sits elsewhere than registered. */

import type { Intrinsics } from "./camera";
import type { Point } from "./homography";
import type { FaceLayout, Located } from "./locate";
import { errorRing, type FacePoint, pixelToFace, projectFace } from "./project";
import {
  type Misplaced,
  type RackDevice,
  type RackMap,
  rackPose,
  type RackSeen,
  type RackSide,
} from "./rackMap";

/** The texts and tag ids in the picture, its camera, and how to find a layout in it. */
export interface RackLook {
  readonly camera: Intrinsics;
  readonly texts: ReadonlySet<string>;
  readonly tags: ReadonlySet<number>;
  readonly locate: (layout: FaceLayout) => Located | null;
}

const BESIDE_UNITS = 2; // further than this to the left or right, what is seen hangs in another rack
const MAX_JOINT_TAGS = 50;

/** From the symbols seen of any of its devices: the most devices that agree decide. */
export function locateRack(rack: RackMap, side: RackSide, look: RackLook): RackSeen | null {
  const alone = side.devices.flatMap((device): Alone[] => {
    const layout = seenLayout(device, look);
    const located = layout && look.locate(layout);
    return located ? [{ device, layout, located }] : [];
  });
  const judged = alone.map((base) => ({ base, gaps: alone.map((other) => gap(rack, look, base, other)) }));
  const best = judged.sort((a, b) => compare(support(b), support(a)))[0];
  if (!best) return null;
  const { base, gaps } = best;
  const among = (verdicts: readonly Verdict[]) =>
    gaps.filter(({ verdict }) => verdicts.includes(verdict)).map(({ other }) => other);
  // First with those of which one alone cannot tell; they are left out again when they do not fit.
  const joint = jointly(look, base, among(["agrees", "unsure"])) ??
    jointly(look, base, among(["agrees"])) ?? { located: base.located, held: [base.device.device_id] };
  const final = { ...base, located: joint.located };
  const misplaced = alone
    .filter(({ device }) => !joint.held.includes(device.device_id))
    .map((other) => gap(rack, look, final, other))
    .filter(({ verdict }) => verdict === "differs")
    .map(({ other, units }): Misplaced => {
      const isCertain = joint.held.length > 1;
      return { device_id: other.device.device_id, units, against: joint.held, isCertain };
    });
  const pose = rackPose(joint.located.pose, base.device);
  return { pose, located: joint.located, base: base.device, devices: joint.held, misplaced };
}

interface Alone {
  readonly device: RackDevice;
  readonly layout: FaceLayout;
  readonly located: Located;
}

/** A device's layout, when the picture holds any of its symbols. */
function seenLayout({ layout }: RackDevice, { texts, tags }: RackLook): FaceLayout | null {
  if (!layout) return null;
  const isLabelSeen = layout.label ? texts.has(layout.label.text.toUpperCase()) : false;
  return isLabelSeen || layout.tags.some(({ id }) => tags.has(id)) ? layout : null;
}

type Verdict = "agrees" | "differs" | "unsure" | "beside";

interface Gap {
  readonly other: Alone;
  readonly verdict: Verdict;
  readonly units: number;
}

/** Where the other's own symbols lie on the plane of the base's face, against where they should. */
function gap(rack: RackMap, { camera }: RackLook, base: Alone, other: Alone): Gap {
  if (other.device.device_id === base.device.device_id) return { other, verdict: "agrees", units: 0 };
  const at = middleSeen(other);
  const expected: FacePoint = [
    at[0] + other.device.x_mm - base.device.x_mm,
    at[1] + other.device.y_mm - base.device.y_mm,
    0,
  ];
  const pixel = projectFace(camera, other.located.pose, [...at, 0]);
  const back = pixel && pixelToFace(camera, base.located.pose, ...pixel);
  const ring = errorRing(camera, base.located.pose, base.located.covariance, expected);
  if (!back || !ring || !(ring.mm + rack.tolerance_mm <= rack.u_mm / 2))
    return { other, verdict: "unsure", units: 0 };
  if (Math.abs(back[0] - expected[0]) > BESIDE_UNITS * rack.u_mm)
    return { other, verdict: "beside", units: 0 };
  const units = Math.round((expected[1] - back[1]) / rack.u_mm);
  return units === 0 ? { other, verdict: "agrees", units: 0 } : { other, verdict: "differs", units };
}

/** More devices that agree; then fewer that differ; then more symbols of its own; the id makes it the same each time. */
function support({ base, gaps }: { base: Alone; gaps: readonly Gap[] }): (number | string)[] {
  const count = (verdict: Verdict) => gaps.filter((one) => one.verdict === verdict).length;
  const symbols = base.located.tags_seen.length + Number(base.located.label_seen);
  return [count("agrees"), -count("differs"), symbols, base.device.device_id];
}

function compare(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value < b[i]! ? -1 : 1;
  return 0;
}

function middleSeen({ layout, located }: Alone): Point {
  const tags = layout.tags.filter(({ id }) => located.tags_seen.includes(id));
  const symbols = [...tags, ...(located.label_seen && layout.label ? [layout.label] : [])];
  const mean = (of: "x_mm" | "y_mm") => symbols.reduce((sum, one) => sum + one[of], 0) / symbols.length;
  return [mean("x_mm"), mean("y_mm")];
}

/** All symbols of these devices as one layout, in millimetres of the base's face. */
function jointly(
  look: RackLook,
  base: Alone,
  devices: readonly Alone[],
): { located: Located; held: readonly string[] } | null {
  const inOrder = [base, ...devices.filter(({ device }) => device !== base.device)];
  const owned = inOrder.flatMap(({ device, layout }) => {
    const [dx, dy] = [device.x_mm - base.device.x_mm, device.y_mm - base.device.y_mm];
    return layout.tags.map((tag) => ({ device, tag: moved(tag, dx, dy) }));
  });
  const tags = owned.slice(0, MAX_JOINT_TAGS);
  const named = inOrder.find(({ layout }) => layout.label && look.texts.has(layout.label.text.toUpperCase()));
  const label =
    named?.layout.label &&
    moved(named.layout.label, named.device.x_mm - base.device.x_mm, named.device.y_mm - base.device.y_mm);
  const located = look.locate({ ...base.layout, label: label ?? null, tags: tags.map(({ tag }) => tag) });
  if (!located) return null;
  const held = new Set(
    tags.filter(({ tag }) => located.tags_seen.includes(tag.id)).map(({ device }) => device.device_id),
  );
  if (located.label_seen && named) held.add(named.device.device_id);
  return held.has(base.device.device_id) ? { located, held: [...held].sort() } : null;
}

function moved<S extends { readonly x_mm: number; readonly y_mm: number }>(
  symbol: S,
  dx: number,
  dy: number,
): S {
  return { ...symbol, x_mm: symbol.x_mm + dx, y_mm: symbol.y_mm + dy };
}
