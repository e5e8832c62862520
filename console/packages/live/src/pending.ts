/** What one's own unsettled wishes will change: shown at once, and marked as not saved yet. */

import type { Annotation, AnnotationEdit, Place, Shape, VoiceNote } from "@nearhand/contract";
import type { Ask } from "./outbox";

/** A mark of ours that the server has not stored yet. It has no anchor: that is the server's to find. */
export interface PendingMark {
  readonly id: string;
  readonly n: number;
  readonly shape: Shape;
  readonly place: Place;
  readonly text: string;
}

/** A chat line of ours that is not stored yet. */
export interface PendingLine {
  readonly n: number;
  readonly text: string;
  readonly phrase: string | null;
  readonly voice: VoiceNote | null;
}

export interface Pending {
  /** New marks, as they are after any later wish of ours about them. */
  readonly marks: readonly PendingMark[];
  /** Changes to marks that exist, newest last. */
  readonly edits: readonly AnnotationEdit[];
  /** Ids of marks that we asked to remove. */
  readonly removing: readonly string[];
  /** Chat lines that nobody else has seen yet, in order. */
  readonly lines: readonly PendingLine[];
  /** How many wishes of any kind are not saved. Say "saved" only when this is 0. */
  readonly count: number;
}

/**
 * `waiting`: not settled; `told`: settled, and their events still on the way (so nothing flickers);
 * `heard`: our newest number whose event has come, perhaps before its ack.
 */
export function pendingOf(
  waiting: readonly Ask[],
  told: Iterable<Ask>,
  known: readonly Annotation[],
  heard = 0,
): Pending {
  const ids = new Set(known.map(({ id }) => id));
  const marks = new Map<string, PendingMark>();
  const removing = new Set<string>();
  const edits: AnnotationEdit[] = [];
  const lines: PendingLine[] = [];
  for (const ask of [...told, ...waiting]) {
    if (ask.type === "annotation.add" && !ids.has(ask.id)) {
      const { id, n, shape, place } = ask;
      marks.set(id, { id, n, shape, place, text: ask.text ?? "" });
    } else if (ask.type === "annotation.edit") {
      const mark = marks.get(ask.id);
      if (mark) marks.set(ask.id, { ...mark, place: ask.place ?? mark.place, text: ask.text ?? mark.text });
      else edits.push(ask);
    } else if (ask.type === "annotation.remove") {
      marks.delete(ask.id);
      removing.add(ask.id);
    } else if (ask.type === "annotation.restore") {
      removing.delete(ask.id);
    } else if (ask.type === "chat.say" && ask.n > heard) {
      const { n, text, phrase = null, voice = null } = ask;
      lines.push({ n, text, phrase, voice });
    }
  }
  return { marks: [...marks.values()], edits, removing: [...removing], lines, count: waiting.length };
}
