/** Logs for tests: everything a session may hold, by the throw of dice. */
import type { Annotation, SharedStill, StoredEvent } from "@nearhand/contract";

const START_MS = Date.UTC(2026, 0, 5, 9);
export const SHA = "a".repeat(64);

export function at(seconds: number): string {
  return new Date(START_MS + seconds * 1000).toISOString();
}

export function mark(id: string, extra: Partial<Annotation> = {}): Annotation {
  return {
    id,
    shape: "ring",
    anchor: { kind: "still", sha256: SHA, width: 640, height: 480, points: [[0.5, 0.5], [0.6, 0.5]] }, // prettier-ignore
    frame: { stream: "cam", frame_id: 1, how: "still" },
    text: "",
    is_hidden: false,
    is_kept: false,
    created_by: "expert",
    created_at: at(0),
    updated_at: at(0),
    ...extra,
  };
}

export function still(seq: number, frame_id: number): SharedStill {
  return {
    seq,
    by: "technician",
    at: at(seq),
    frame: { stream: "cam", frame_id, how: "still" },
    sha256: SHA,
    width: 640,
    height: 480,
    captured_at: at(seq),
    sighting: null,
    mask: "none",
  };
}

/** Event `seq`, one second after the one before it. */
export function event<T extends { type: string }>(seq: number, told: T): StoredEvent {
  return { seq, at: at(seq), by: "expert", client: "c", n: seq, ...told } as unknown as StoredEvent;
}

export function logOf(count: number, roll: (below: number) => number): StoredEvent[] {
  const person = { id: "expert", display_name: "E", role: "expert", guest: null, invited_by: null };
  return Array.from({ length: count }, (_, index) => {
    const seq = index + 1;
    const id = `m${roll(40)}`;
    return [
      () => event(seq, { type: "annotation.added", annotation: mark(id) }),
      () => event(seq, { type: "annotation.edited", annotation: mark(id, { text: `${seq}` }) }),
      () => event(seq, { type: "annotation.removed", id }),
      () => event(seq, { type: "annotation.restored", annotation: mark(id) }),
      () => event(seq, { type: "still.shared", still: still(seq, seq) }),
      () => event(seq, { type: "chat.said", text: `${seq}` }),
      () => event(seq, { type: "signal.given", signal: "go" }),
      () => event(seq, { type: "step.shown", step: { guide_id: "g", step: roll(9), done: [] } }),
      () => event(seq, { type: "participant.joined", participant: person }),
      () => ({ type: "withheld", seq, is_elsewhere: roll(4) === 0 }) as StoredEvent,
    ][roll(10)]!();
  });
}
