import type { MediaTold } from "@nearhand/contract";
import { describe, expect, it } from "vitest";
import type { Socket } from "./connection";
import { packPicture, readPicture } from "./picture";
import { PictureSender } from "./pictureSender";
import { type CamePicture, PictureWatcher } from "./pictureWatcher";

class Wire implements Socket {
  bufferedAmount = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  said: { type: string; [field: string]: unknown }[] = [];
  pictures: ArrayBuffer[] = [];

  send(data: string | ArrayBuffer): void {
    if (typeof data === "string") this.said.push(...(JSON.parse(data) as typeof this.said));
    else this.pictures.push(data);
  }
  close(): void {}
  tell(...messages: MediaTold[]): void {
    this.onmessage?.({ data: JSON.stringify(messages) });
  }
  show(frame_id: number, slot = 3): void {
    const bytes = packPicture({ frame_id, captured_at: 1000, width: 64, height: 36, mask: "none" }, JPEG);
    new DataView(bytes).setUint16(20, slot);
    this.onmessage?.({ data: bytes });
  }
}

const JPEG = new Uint8Array([0xff, 0xd8, 1, 2]).buffer;
const head = (frame_id: number) => ({
  frame_id,
  captured_at: 1000,
  width: 640,
  height: 360,
  mask: "range" as const,
});

function sending() {
  const wires: Wire[] = [];
  const clock = { ms: 0 };
  const sender = new PictureSender({
    sessionId: "S",
    stream: "cam-1",
    origin: "http://here",
    openSocket: () => (wires.push(new Wire()), wires.at(-1)!),
    now: () => clock.ms,
    onChange: () => undefined,
  });
  sender.open();
  wires[0]!.onopen?.(undefined as never);
  return { sender, wire: wires[0]!, clock };
}

describe("a picture on its way", () => {
  it("is read as it was packed", () => {
    const read = readPicture(packPicture(head(7), JPEG))!;
    expect(read.head).toEqual({ ...head(7), slot: 0 });
    expect([...read.jpeg]).toEqual([0xff, 0xd8, 1, 2]);
    expect(readPicture(new ArrayBuffer(10))).toBeNull();
  });
});

describe("sending", () => {
  it("says first which stream it brings, and knows who watches", () => {
    const { sender, wire } = sending();
    expect(wire.said[0]).toEqual({ type: "media.send", stream: "cam-1" });
    wire.tell({ type: "media.watched", watchers: 2 });
    expect([sender.isOpen, sender.watchers]).toEqual([true, 2]);
    wire.onclose?.({ code: 1006 });
    expect([sender.isOpen, sender.watchers]).toEqual([false, 0]);
    sender.close();
  });

  it("lets few be on the way at once, and fewer on a slow line", () => {
    const { sender, wire, clock } = sending();
    wire.tell({ type: "media.watched", watchers: 1 });
    for (let id = 1; sender.isRoom(); id++) sender.send(head(id), JPEG);
    expect(wire.pictures.length).toBe(4);
    wire.tell({ type: "media.took", frame_id: 2, seen: 1 });
    clock.ms = 400;
    expect(sender.isRoom()).toBe(false);
    wire.tell({ type: "media.took", frame_id: 4, seen: 1 });
    expect(sender.isRoom()).toBe(true);
    expect(sender.paced()).toEqual({ sent: 4, held: 2, tripMs: 400, unseen: 3 });
    expect(sender.paced()).toMatchObject({ sent: 0, held: 0, tripMs: null });
    sender.close();
  });
});

describe("watching", () => {
  it("makes ready the newest, and says what it has got", async () => {
    const came: CamePicture[] = [];
    let free: () => void = () => undefined;
    const wire = new Wire();
    const watcher = new PictureWatcher({
      sessionId: "S",
      origin: "http://here",
      openSocket: () => wire,
      now: () => 1500,
      onChange: () => undefined,
      onPicture: (picture) => {
        came.push(picture);
        return new Promise((resolve) => (free = resolve));
      },
    });
    watcher.open();
    wire.onopen?.(undefined as never);
    wire.tell({ type: "media.streams", streams: [{ slot: 3, stream: "cam-1", by: "T" }] });
    wire.show(1);
    wire.show(2);
    wire.show(3);
    free();
    await new Promise((resolve) => setTimeout(resolve));
    free();
    await new Promise((resolve) => setTimeout(resolve));
    expect(came.map((one) => one.head.frame_id)).toEqual([1, 3]);
    expect(came[0]).toMatchObject({ stream: "cam-1", by: "T" });
    expect(came[0]!.ageMs()).toBe(500);
    expect(wire.said.filter((one) => one.type === "media.got").map((one) => one["frame_id"])).toEqual([1, 3]);
    watcher.close();
  });
});
