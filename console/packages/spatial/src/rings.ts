/** Say how sure a point is: the radius that holds it in 95 of 100 cases. */

// Standard deviations of the longer axis, by tenths of the shorter axis's share of it: from a line to round.
const RADII = [1.96, 1.9625, 1.9704, 1.9842, 2.0051, 2.0359, 2.0813, 2.146, 2.2303, 2.3318, 2.4477] as const;

/** The radius about the mean that holds 95 % of a two-dimensional normal distribution (the same as the server's). */
export function ringRadius(xx: number, xy: number, yy: number): number {
  const middle = (xx + yy) / 2;
  const half = Math.hypot((xx - yy) / 2, xy);
  const high = Math.sqrt(Math.max(0, middle + half));
  const low = Math.sqrt(Math.max(0, middle - half));
  if (!(high > 0)) return high === 0 ? 0 : NaN;
  const share = (low / high) * (RADII.length - 1);
  const left = Math.min(Math.floor(share), RADII.length - 2);
  return high * (RADII[left]! + (share - left) * (RADII[left + 1]! - RADII[left]!));
}
