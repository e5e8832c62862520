/** A short sound when somebody asks for help. Browsers allow it after the person's first touch of the page. */
import { signal } from "@preact/signals";

const STORED = "nearhand.muted";
export const isMuted = signal(globalThis.localStorage?.getItem(STORED) === "yes");

let context: AudioContext | undefined;

export function allowSound(): void {
  context ??= new AudioContext();
  void context.resume();
}

export function setMuted(next: boolean): void {
  isMuted.value = next;
  localStorage.setItem(STORED, next ? "yes" : "no");
  if (!next) ring();
}

/** Two rising notes, a quarter of a second. */
export function ring(): void {
  if (isMuted.value || context?.state !== "running") return;
  for (const [delay_s, frequency_hz] of [[0, 660], [0.12, 880]] as const) tone(context, context.currentTime + delay_s, frequency_hz); // prettier-ignore
}

function tone(audio: AudioContext, at: number, frequency_hz: number): void {
  const [oscillator, gain] = [audio.createOscillator(), audio.createGain()];
  oscillator.frequency.value = frequency_hz;
  gain.gain.setValueAtTime(0.0001, at);
  gain.gain.exponentialRampToValueAtTime(0.2, at + 0.01);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.14);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.15);
}

if (typeof document !== "undefined") {
  for (const gesture of ["pointerdown", "keydown"])
    document.addEventListener(gesture, allowSound, { once: true });
}
