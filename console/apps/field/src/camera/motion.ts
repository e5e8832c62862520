/** Know how the phone turns between frames, by its gyroscope where there is one and it may be asked. */
import type { Vec3 } from "@nearhand/spatial";

interface Rate {
  at_ms: number;
  rate: Vec3; // rad/s about the axes of the picture
}

const KEPT_MS = 2000;
const LONGEST_GAP_MS = 100; // without news for longer, how it turned is not known

/** Rates of the last moments, summed up over any span of them. */
export class Turns {
  #rates: Rate[] = [];

  add(rate: Vec3, at_ms: number): void {
    this.#rates.push({ rate, at_ms });
    if (this.#rates[0]!.at_ms < at_ms - KEPT_MS)
      this.#rates = this.#rates.filter((one) => one.at_ms >= at_ms - KEPT_MS / 2);
  }

  /** The camera's turn in this time as a rotation vector, or null where it was not measured throughout. */
  between(from_ms: number, to_ms: number): Vec3 | null {
    const turn: [number, number, number] = [0, 0, 0];
    let at = from_ms;
    for (const [i, { at_ms, rate }] of this.#rates.entries()) {
      if (at_ms <= from_ms) continue;
      const before = this.#rates[i - 1];
      if (!before || at_ms - before.at_ms > LONGEST_GAP_MS) return null;
      const until = Math.min(at_ms, to_ms);
      // Each event tells the mean rate since the one before.
      for (let k = 0; k < 3; k++) turn[k]! += (rate[k]! * (until - at)) / 1000;
      at = until;
      if (at >= to_ms) return turn;
    }
    // The newest event may be a little older than the frame.
    const newest = this.#rates.at(-1);
    if (!newest || to_ms - newest.at_ms > LONGEST_GAP_MS || at === from_ms) return null;
    for (let k = 0; k < 3; k++) turn[k]! += (newest.rate[k]! * (to_ms - at)) / 1000;
    return turn;
  }
}

/**
 * Rates about the screen's x (right), y (up) and z (towards the user) in degrees, as the device is built → about the
 * axes of the rear camera's picture (right, down, forward), as it is held: `angle` is that of the screen.
 */
export function rateOfCamera(x: number, y: number, z: number, angle: number): Vec3 {
  const [c, s] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const [right, up] = [c * x - s * y, s * x + c * y];
  return [right, -up, -z].map((value) => (value * Math.PI) / 180) as unknown as Vec3;
}

export const turns = new Turns();

interface AskingMotion {
  requestPermission?: () => Promise<"granted" | "denied">;
}

let isListening = false;

/** Listen from now on. Where the phone wants to be asked, the next tap asks; without an answer nothing is lost. */
export function listenToMotion(): void {
  if (isListening || typeof DeviceMotionEvent === "undefined") return;
  isListening = true;
  const { requestPermission } = DeviceMotionEvent as unknown as AskingMotion;
  const listen = () => addEventListener("devicemotion", hear);
  if (!requestPermission) return listen();
  const ask = () => void requestPermission.call(DeviceMotionEvent).then((answer) => answer === "granted" && listen(), () => undefined); // prettier-ignore
  document.addEventListener("click", ask, { once: true });
}

function hear({ rotationRate, timeStamp }: DeviceMotionEvent): void {
  const { alpha, beta, gamma } = rotationRate ?? {};
  if (alpha == null || beta == null || gamma == null) return;
  turns.add(rateOfCamera(alpha, beta, gamma, screen.orientation?.angle ?? 0), timeStamp);
}
