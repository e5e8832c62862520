/** Pieces of recordings in this browser's database, until the service has them. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { ask } from "../rest";
import { type Piece, PieceSender, type PieceShelf } from "./chunks";

interface Schema extends DBSchema {
  pieces: { key: [string, string, number]; value: Piece };
}

let opened: Promise<IDBPDatabase<Schema>> | undefined;
const database = () =>
  (opened ??= openDB<Schema>("nearhand-recordings", 1, {
    upgrade: (db) => void db.createObjectStore("pieces", { keyPath: ["sessionId", "recordingId", "k"] }),
  }));

const shelf: PieceShelf = {
  all: async () => (await database()).getAll("pieces"),
  put: async (piece) => void (await (await database()).put("pieces", piece)),
  remove: async ({ sessionId, recordingId, k }) =>
    (await database()).delete("pieces", [sessionId, recordingId, k]),
};

function send({ sessionId, recordingId, k, body }: Piece): Promise<Response> {
  return ask(`/sessions/${sessionId}/recordings/${recordingId}/chunks/${k}`, { method: "PUT", body });
}

/** One for the page, so that pieces go out also when their desk is closed. */
export const pieces = new PieceSender(shelf, send);
