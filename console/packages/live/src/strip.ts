/** A frame's number, burnt into the picture below its lower edge: it survives every codec and every server between. */

import type { PictureMask } from "@nearhand/contract";
import { MASKS } from "./picture";

/** What a strip says: the frame, and by a short sum the stream it counts in. */
export interface StripMark {
  readonly tag: number;
  readonly frame_id: number;
  /** What was hidden in the picture. */
  readonly mask: PictureMask;
}

/** Of so many equal parts of a picture's height, the lowest is the strip. */
export const STRIP_PARTS = 46;
/** Blocks from left to right: 32 of the number, 2 of the mask, 14 of the stream, 16 that check all. */
export const STRIP_BLOCKS = 64;
const MIDDLE = 128;
const TAG = 0x3fff;

/** The sum of a stream's name; of the few streams of a session no two have the same, or both are approximate. */
export function tagOf(stream: string): number {
  return crc([...stream].map((letter) => letter.charCodeAt(0) & 0xff)) & TAG;
}

/** Light or dark, block by block. */
export function writeStrip({ tag, frame_id, mask }: StripMark): readonly boolean[] {
  const said = bytesOf(frame_id, (MASKS.indexOf(mask) << 14) | tag);
  const sum = crc(said);
  return [...said, sum >>> 8, sum & 0xff].flatMap((byte) =>
    Array.from({ length: 8 }, (_, bit) => ((byte >> (7 - bit)) & 1) === 1),
  );
}

/** From each block's brightness, 0 to 255. Null when the sum is wrong: then it is no strip, or a damaged one. */
export function readStrip(brightness: readonly number[]): StripMark | null {
  const bytes: number[] = [];
  for (let at = 0; at < STRIP_BLOCKS; at += 8)
    bytes.push(brightness.slice(at, at + 8).reduce((byte, value) => byte * 2 + (value > MIDDLE ? 1 : 0), 0));
  const said = bytes.slice(0, 6);
  if (crc(said) !== bytes[6]! * 256 + bytes[7]!) return null;
  const frame_id = ((said[0]! * 256 + said[1]!) * 256 + said[2]!) * 256 + said[3]!;
  const mask = MASKS[said[4]! >> 6];
  return mask ? { frame_id, mask, tag: (said[4]! * 256 + said[5]!) & TAG } : null;
}

/** The size of a picture with its strip, so that both parts are whole pixels: `height` is without, `total` with it. */
export function stripSize(width: number, height: number, longest: number) {
  const scale = Math.min(1, longest / Math.max(width, height));
  const part = Math.max(2, 2 * Math.round((height * scale) / (2 * (STRIP_PARTS - 1))));
  const fitted = part * (STRIP_PARTS - 1);
  return {
    width: 2 * Math.round((fitted * width) / height / 2),
    height: fitted,
    total: part * STRIP_PARTS,
  };
}

function bytesOf(frame_id: number, rest: number): number[] {
  return [frame_id >>> 24, frame_id >>> 16, frame_id >>> 8, frame_id, rest >>> 8, rest].map(
    (part) => part & 0xff,
  );
}

/** CRC-16/CCITT: all dark is not its own sum. */
function crc(bytes: readonly number[]): number {
  let sum = 0xffff;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++)
      sum = sum & 0x8000 ? ((sum << 1) ^ 0x1021) & 0xffff : (sum << 1) & 0xffff;
  }
  return sum;
}
