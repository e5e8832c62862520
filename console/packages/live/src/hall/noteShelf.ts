/** Where voice notes wait until they are said: IndexedDB, so that a reload or a dead battery loses none. */

import { type DBSchema, openDB } from "idb";

export interface KeptNote {
  readonly id: string;
  readonly sessionId: string;
  readonly participantId: string;
  readonly blob: Blob;
  readonly durationMs: number;
  /** What is read where the note is not known, or what was understood of it. */
  readonly text: string;
  /** The id of that text, where it is only a stand-in. */
  readonly phrase: string | null;
}

export interface NoteShelf {
  load(participantId: string): Promise<KeptNote[]>;
  keep(note: KeptNote): Promise<void>;
  forget(id: string): Promise<void>;
}

interface Schema extends DBSchema {
  notes: { key: string; value: KeptNote; indexes: { participant: string } };
}

/** Where the browser forbids storage, notes live as long as the page. */
export async function openNoteShelf(name = "nearhand-notes"): Promise<NoteShelf> {
  try {
    const database = await openDB<Schema>(name, 1, {
      upgrade: (made) =>
        void made.createObjectStore("notes", { keyPath: "id" }).createIndex("participant", "participantId"),
    });
    return {
      load: (participantId) => database.getAllFromIndex("notes", "participant", participantId),
      keep: async (note) => void (await database.put("notes", note)),
      forget: (id) => database.delete("notes", id),
    };
  } catch {
    return memoryNoteShelf();
  }
}

export function memoryNoteShelf(): NoteShelf {
  const notes = new Map<string, KeptNote>();
  return {
    load: async (participantId) => [...notes.values()].filter((one) => one.participantId === participantId),
    keep: async (note) => void notes.set(note.id, note),
    forget: async (id) => void notes.delete(id),
  };
}
