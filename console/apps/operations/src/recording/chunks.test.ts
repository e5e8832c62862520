import { Refusal, type Sighting, Unreachable } from "@nearhand/contract";
import { expect, it } from "vitest";
import { type MediaMark, packed, PieceSender, type Piece, type PieceShelf } from "./chunks";

function shelfOf(...pieces: Piece[]): PieceShelf & { kept: Map<number, Piece> } {
  const kept = new Map(pieces.map((piece) => [piece.k, piece]));
  return {
    kept,
    all: () => Promise.resolve([...kept.values()]),
    put: (piece) => Promise.resolve(void kept.set(piece.k, piece)),
    remove: (piece) => Promise.resolve(void kept.delete(piece.k)),
  };
}

const piece = (k: number): Piece => ({ sessionId: "s", recordingId: "r", k, body: new Uint8Array([k]) });
const refused = (status: number, code: string) => new Refusal(status, code, code, "");

const sighting = {
  device_id: "DEVICE",
  face: "front",
  T_camera_face: Array.from({ length: 16 }, () => Math.PI),
  covariance: Array.from({ length: 36 }, () => -Math.PI / 1e9),
  camera: { width: 1280, height: 720, fx: Math.E * 300, fy: 900, cx: 639.5, cy: 359.5, k1: 0 },
  label_seen: true,
  tags_seen: [],
} as unknown as Sighting;
const headOf = (body: Uint8Array) => body.subarray(0, body.indexOf(10));
const marksOf = (body: Uint8Array) =>
  (JSON.parse(new TextDecoder().decode(headOf(body))) as { marks: MediaMark[] }).marks;

it("as many sightings as a piece may have fit before it", () => {
  const frames = Array.from({ length: 20 }, (_, n) => ({
    at_ms: n,
    stream: "camera",
    frame_id: n,
    sighting,
  }));
  const events = Array.from({ length: 180 }, (_, n) => ({ at_ms: 3_600_000 + n, seq: 100_000 + n }));
  const body = packed(3_600_000, [...frames, ...events], new ArrayBuffer(4));
  expect(headOf(body).byteLength).toBeLessThan(32 * 1024);
  expect(marksOf(body)).toHaveLength(200);
  expect(marksOf(body)[3]!.sighting?.camera.fx).toBeCloseTo(Math.E * 300, 3);
});

it("what does not fit goes without its sightings", () => {
  const frames = Array.from({ length: 200 }, (_, n) => ({
    at_ms: n,
    stream: "camera",
    frame_id: n,
    sighting,
  }));
  const body = packed(0, frames, new ArrayBuffer(4));
  expect(headOf(body).byteLength).toBeLessThan(32 * 1024);
  expect(marksOf(body)[199]).toEqual({ at_ms: 199, stream: "camera", frame_id: 199 });
});

it("each piece is kept until it is acknowledged, and they go in order", async () => {
  const shelf = shelfOf();
  const sent: number[] = [];
  const wasKept: boolean[] = [];
  const sender = new PieceSender(shelf, ({ k }) => {
    wasKept.push(shelf.kept.has(k));
    sent.push(k);
    return Promise.resolve();
  });
  await sender.add(piece(0));
  await sender.add(piece(1));
  await sender.resume();
  expect(sent).toEqual([0, 1]);
  expect(wasKept).toEqual([true, true]);
  expect(shelf.kept.size).toBe(0);
  expect(sender.state.get()).toEqual({ waiting: 0, lost: 0, problem: null });
});

it("a line that is cut, or a full disk, keeps them waiting, and says why", async () => {
  const pauses: number[] = [];
  const said: (string | null)[] = [];
  const answers = [new Unreachable("away"), refused(503, "storage_full"), null];
  const sender = new PieceSender(
    shelfOf(piece(4)),
    () => {
      const answer = answers.shift();
      return answer ? Promise.reject(answer) : Promise.resolve();
    },
    (ms) => Promise.resolve(void pauses.push(ms)),
  );
  sender.state.subscribe(({ problem }) => said.push(problem));
  await sender.resume();
  expect(said).toContain("unreachable");
  expect(said).toContain("storage_full");
  expect(pauses).toEqual([1000, 2000]);
  expect(sender.state.get().waiting).toBe(0);
});

it("what the service will never take is a gap that is told, and blocks nothing", async () => {
  const sent: number[] = [];
  const sender = new PieceSender(shelfOf(piece(0), piece(1)), ({ k }) => {
    if (k === 0) return Promise.reject(refused(409, "chunk_taken"));
    sent.push(k);
    return Promise.resolve();
  });
  await sender.resume();
  expect(sent).toEqual([1]);
  expect(sender.state.get().lost).toBe(1);
});

it("a piece is a line of JSON and the WebM behind it", () => {
  const body = packed(1000, [{ at_ms: 1000, seq: 7 }], new Uint8Array([26, 69]).buffer);
  const end = body.indexOf(10);
  expect(JSON.parse(new TextDecoder().decode(body.slice(0, end)))).toEqual({
    from_ms: 1000,
    marks: [{ at_ms: 1000, seq: 7 }],
  });
  expect([...body.slice(end + 1)]).toEqual([26, 69]);
});
