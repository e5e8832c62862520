/** A live picture as it goes over its line: a head of 24 bytes, then a JPEG. */

import type { PictureMask } from "@nearhand/contract";

export interface PictureHead {
  readonly frame_id: number;
  /** On the service's clock, in milliseconds since 1970, as well as the phone knows it. */
  readonly captured_at: number;
  readonly width: number;
  readonly height: number;
  /** Names the stream on its way to those who watch; nothing to who sends. */
  readonly slot: number;
  /** What is hidden in it. */
  readonly mask: PictureMask;
}

const HEAD_BYTES = 24;
const VERSION = 1;
const JPEG = 1;
const KEY = 1;
/** In the two flags beside it. */
const MASKS: readonly PictureMask[] = ["none", "range", "whole"];

export function packPicture(head: Omit<PictureHead, "slot">, jpeg: ArrayBuffer): ArrayBuffer {
  const packed = new Uint8Array(HEAD_BYTES + jpeg.byteLength);
  const view = new DataView(packed.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, JPEG);
  view.setUint8(2, KEY | (MASKS.indexOf(head.mask) << 1));
  view.setUint32(4, head.frame_id);
  view.setBigUint64(8, BigInt(Math.max(0, Math.round(head.captured_at))));
  view.setUint16(16, head.width);
  view.setUint16(18, head.height);
  packed.set(new Uint8Array(jpeg), HEAD_BYTES);
  return packed.buffer;
}

/** Null for what a newer service may send and this page does not know. */
export function readPicture(bytes: ArrayBuffer): { head: PictureHead; jpeg: Uint8Array<ArrayBuffer> } | null {
  if (bytes.byteLength <= HEAD_BYTES) return null;
  const view = new DataView(bytes);
  const mask = MASKS[view.getUint8(2) >> 1];
  if (view.getUint8(0) !== VERSION || view.getUint8(1) !== JPEG || !mask) return null;
  const head = {
    frame_id: view.getUint32(4),
    captured_at: Number(view.getBigUint64(8)),
    width: view.getUint16(16),
    height: view.getUint16(18),
    slot: view.getUint16(20),
    mask,
  };
  return { head, jpeg: new Uint8Array(bytes, HEAD_BYTES) };
}
