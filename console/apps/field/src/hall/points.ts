/** Where a finger is, on the screen and in the picture that fills it. */

/** 0..1 from the picture's top left. */
export type ImagePoint = [number, number];
type Point = readonly [number, number];
interface Size {
  readonly width: number;
  readonly height: number;
}

/** The point of a picture that fills (`cover`) or lies within (`contain`) the box; null: beside it. */
export function pointIn(
  picture: Size,
  box: Size,
  [x, y]: Point,
  fit: "cover" | "contain",
): ImagePoint | null {
  if (!picture.width || !picture.height) return null;
  const scales = [box.width / picture.width, box.height / picture.height] as const;
  const scale = fit === "cover" ? Math.max(...scales) : Math.min(...scales);
  const u = 0.5 + (x - box.width / 2) / (picture.width * scale);
  const v = 0.5 + (y - box.height / 2) / (picture.height * scale);
  return u >= 0 && u <= 1 && v >= 0 && v <= 1 ? [u, v] : null;
}

const TAP_MS = 350;
const TAP_PX = 12;

/** One finger that taps, two that pinch. */
export class Fingers {
  readonly #at = new Map<number, Point>();
  #from: { at: number; point: Point } | null = null;
  #apart = 0;

  /** `onPinch`: how many times as far apart as when the second finger came. */
  constructor(
    private readonly onTap: (point: Point) => void,
    private readonly onPinch: (factor: number, isBegun: boolean) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  down(id: number, point: Point): void {
    this.#at.set(id, point);
    this.#from = this.#at.size === 1 ? { at: this.now(), point } : null;
    if (this.#at.size === 2) this.#apart = this.#distance();
    if (this.#at.size === 2) this.onPinch(1, true);
  }

  move(id: number, point: Point): void {
    if (!this.#at.has(id)) return;
    this.#at.set(id, point);
    if (this.#at.size === 2 && this.#apart > 0) this.onPinch(this.#distance() / this.#apart, false);
  }

  up(id: number, point: Point): void {
    const from = this.#from;
    this.gone(id);
    if (from && this.now() - from.at < TAP_MS && distance(from.point, point) < TAP_PX) this.onTap(point);
  }

  gone(id: number): void {
    this.#at.delete(id);
    this.#from = null;
  }

  #distance(): number {
    const [a, b] = [...this.#at.values()];
    return a && b ? distance(a, b) : 0;
  }
}

const distance = (a: Point, b: Point) => Math.hypot(a[0] - b[0], a[1] - b[1]);
