/** Solve the small dense systems that homographies and poses need. */

/** x of A x = b for a square row-major A (Gauss with partial pivoting); null when A is singular. */
export function solve(matrix: readonly number[], right: readonly number[]): number[] | null {
  const n = right.length;
  const a = matrix.slice();
  const b = right.slice();
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++)
      if (Math.abs(a[row * n + column]!) > Math.abs(a[pivot * n + column]!)) pivot = row;
    const head = a[pivot * n + column]!;
    if (!(Math.abs(head) > 1e-300)) return null;
    if (pivot !== column) {
      for (let k = 0; k < n; k++) {
        const held = a[column * n + k]!;
        a[column * n + k] = a[pivot * n + k]!;
        a[pivot * n + k] = held;
      }
      const held = b[column]!;
      b[column] = b[pivot]!;
      b[pivot] = held;
    }
    for (let row = column + 1; row < n; row++) {
      const factor = a[row * n + column]! / head;
      if (factor === 0) continue;
      for (let k = column; k < n; k++) a[row * n + k]! -= factor * a[column * n + k]!;
      b[row]! -= factor * b[column]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let row = n - 1; row >= 0; row--) {
    let sum = b[row]!;
    for (let k = row + 1; k < n; k++) sum -= a[row * n + k]! * x[k]!;
    x[row] = sum / a[row * n + row]!;
  }
  return x.every(Number.isFinite) ? x : null;
}

/** The inverse of an n x n row-major matrix; null when it is singular. */
export function invert(matrix: readonly number[], n: number): number[] | null {
  const result = new Array<number>(n * n).fill(0);
  for (let column = 0; column < n; column++) {
    const unit = new Array<number>(n).fill(0);
    unit[column] = 1;
    const x = solve(matrix, unit);
    if (!x) return null;
    for (let row = 0; row < n; row++) result[row * n + column] = x[row]!;
  }
  return result;
}

/** Solve A x = b in place for a symmetric positive definite A (row-major n x n; destroyed); x replaces b. */
export function solvePositive(a: Float64Array, b: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    let pivot = a[j * n + j]!;
    for (let k = 0; k < j; k++) pivot -= a[j * n + k]! * a[j * n + k]!;
    if (!(pivot > 0)) return false;
    const root = Math.sqrt(pivot);
    a[j * n + j] = root;
    for (let i = j + 1; i < n; i++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = sum / root;
    }
  }
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= a[i * n + k]! * b[k]!;
    b[i] = sum / a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let k = i + 1; k < n; k++) sum -= a[k * n + i]! * b[k]!;
    b[i] = sum / a[i * n + i]!;
  }
  return Number.isFinite(b[0]!);
}
