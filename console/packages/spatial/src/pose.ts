/** Calculate with poses: row-major 4x4 matrices that carry points of one frame into another. */

export type Vec3 = readonly [number, number, number];
export type Pose = readonly number[];

export const IDENTITY: Pose = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** The 3x3 rotation by |v| radians about v (Rodrigues), row-major. */
export function rotation([x, y, z]: Vec3): number[] {
  const angle = Math.hypot(x, y, z);
  const a = angle < 1e-8 ? 1 - (angle * angle) / 6 : Math.sin(angle) / angle;
  const b = angle < 1e-8 ? 0.5 - (angle * angle) / 24 : (1 - Math.cos(angle)) / (angle * angle);
  return [
    1 - b * (y * y + z * z), b * x * y - a * z, b * x * z + a * y,
    b * x * y + a * z, 1 - b * (x * x + z * z), b * y * z - a * x,
    b * x * z - a * y, b * y * z + a * x, 1 - b * (x * x + y * y),
  ]; // prettier-ignore
}

/** The rotation vector, 0 to pi long, of a pose. Through the quaternion's largest component: exact near 0 and pi. */
export function rotationVector(p: Pose): [number, number, number] {
  const [m00, m01, m02, , m10, m11, m12, , m20, m21, m22] = p as number[] as [
    number, number, number, number, number, number, number, number, number, number, number,
  ]; // prettier-ignore
  const q = [1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22];
  const [dx, dy, dz] = [m21 - m12, m02 - m20, m10 - m01];
  const [xy, xz, yz] = [m10 + m01, m20 + m02, m21 + m12];
  const rows = [
    [q[0]!, dx, dy, dz],
    [dx, q[1]!, xy, xz],
    [dy, xy, q[2]!, yz],
    [dz, xz, yz, q[3]!],
  ];
  const row = rows[q.indexOf(Math.max(...q))]!;
  const sign = row[0]! < 0 ? -1 : 1;
  const [w, x, y, z] = row.map((value) => value * sign) as [number, number, number, number];
  const length = Math.hypot(x, y, z);
  const scale = length < 1e-12 ? 2 / w : (2 * Math.atan2(length, w)) / length;
  return [x * scale, y * scale, z * scale];
}

export function poseOf(vector: Vec3, translation: Vec3): Pose {
  return fromRotation(rotation(vector), translation);
}

/** A pose from a row-major 3x3 rotation and a translation. */
export function fromRotation(r: readonly number[], t: Vec3): Pose {
  return [
    r[0]!, r[1]!, r[2]!, t[0],
    r[3]!, r[4]!, r[5]!, t[1],
    r[6]!, r[7]!, r[8]!, t[2],
    0, 0, 0, 1,
  ]; // prettier-ignore
}

/** T_a_c = compose(T_a_b, T_b_c). */
export function compose(a: Pose, b: Pose): Pose {
  return Array.from({ length: 16 }, (_, i) => {
    const row = i - (i % 4);
    const column = i % 4;
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += a[row + k]! * b[4 * k + column]!;
    return sum;
  });
}

/** T_b_a of T_a_b. */
export function inverse(p: Pose): Pose {
  const [x, y, z] = [p[3]!, p[7]!, p[11]!];
  const r = [p[0]!, p[4]!, p[8]!, p[1]!, p[5]!, p[9]!, p[2]!, p[6]!, p[10]!];
  return fromRotation(r, [
    -(r[0]! * x + r[1]! * y + r[2]! * z),
    -(r[3]! * x + r[4]! * y + r[5]! * z),
    -(r[6]! * x + r[7]! * y + r[8]! * z),
  ]);
}

export function transform(p: Pose, [x, y, z]: Vec3): [number, number, number] {
  return [
    p[0]! * x + p[1]! * y + p[2]! * z + p[3]!,
    p[4]! * x + p[5]! * y + p[6]! * z + p[7]!,
    p[8]! * x + p[9]! * y + p[10]! * z + p[11]!,
  ];
}

/** Move a pose on its camera side by (rotation vector in rad, translation in mm); covariances are of such steps. */
export function perturb(p: Pose, step: readonly number[]): Pose {
  return compose(poseOf([step[0]!, step[1]!, step[2]!], [step[3]!, step[4]!, step[5]!]), p);
}
