/** Take back one's own marks, and put them back: each act with its inverse. */

import type { Annotation, Place } from "@nearhand/contract";
import type { Wish } from "./outbox";

type AnnotationWish = Extract<Wish, { type: `annotation.${string}` }>;

/** What one act did. `numbers` are the asks that did it, so that a refusal takes the act off the stacks. */
interface Act {
  readonly forward: Wish;
  readonly back: Wish;
  numbers: number[];
}

/** Acts further back than this are no longer taken back. */
const DEPTH = 200;

export class History {
  #done: Act[] = [];
  #undone: Act[] = [];

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Remember an act that was asked for as number `n`. */
  record(act: { forward: Wish; back: Wish }, n: number): void {
    this.#done = [...this.#done, { ...act, numbers: [n] }].slice(-DEPTH);
    this.#undone = [];
  }

  undo(ask: (wish: Wish) => number): boolean {
    const act = this.#done.pop();
    if (!act) return false;
    act.numbers.push(ask(act.back));
    this.#undone.push(act);
    return true;
  }

  redo(ask: (wish: Wish) => number): boolean {
    const act = this.#undone.pop();
    if (!act) return false;
    act.numbers.push(ask(act.forward));
    this.#done.push(act);
    return true;
  }

  /** Ask `n` had no effect (someone else removed the mark, say): that act is neither done nor undone. */
  refused(n: number): void {
    const isOther = (act: Act) => !act.numbers.includes(n);
    this.#done = this.#done.filter(isOther);
    this.#undone = this.#undone.filter(isOther);
  }
}

/** What does an act again and what takes it back; `before` is the annotation as it was. Null: cannot be taken back. */
export function inverseOf(
  wish: AnnotationWish,
  before: Annotation | undefined,
): { forward: Wish; back: Wish } | null {
  const { id } = wish;
  switch (wish.type) {
    case "annotation.add":
      return { forward: { type: "annotation.restore", id }, back: { type: "annotation.remove", id } };
    case "annotation.remove":
      return { forward: wish, back: { type: "annotation.restore", id } };
    case "annotation.restore":
      return { forward: wish, back: { type: "annotation.remove", id } };
    case "annotation.edit":
      return before ? { forward: wish, back: editBack(wish, before) } : null;
    default:
      wish satisfies never;
      return null;
  }
}

type Edit = Extract<Wish, { type: "annotation.edit" }>;

function editBack(edit: Edit, before: Annotation): Wish {
  return {
    type: "annotation.edit",
    id: edit.id,
    ...(edit.place && { place: placeOf(before) }),
    ...(typeof edit.text === "string" && { text: before.text }),
    ...(typeof edit.is_hidden === "boolean" && { is_hidden: before.is_hidden }),
    ...(typeof edit.is_kept === "boolean" && { is_kept: before.is_kept }),
  };
}

function placeOf({ anchor, frame }: Annotation): Place {
  if (anchor.kind === "still") return { kind: "frame", frame: frame!, points: anchor.points };
  const { device_id, face, port, points_mm } = anchor;
  return port === null
    ? { kind: "face", device_id, face, points_mm }
    : { kind: "port", device_id, face, port };
}
