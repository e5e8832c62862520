/** Know a printed symbol by its modules, and where in it dark meets light. */

import { DICT_4X4_250 } from "./dict4x4";

/** Row by row from the top left; 1 is dark. */
export interface Modules {
  readonly size: number;
  readonly dark: Uint8Array;
}

/** Places on edges between dark and light modules; all in parts of the symbol's side, from its middle. */
export interface SymbolEdges {
  readonly count: number;
  readonly size: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** From dark to light: one of (±1, 0), (0, ±1). */
  readonly dx: Float64Array;
  readonly dy: Float64Array;
  /** How many of them there are to a module of edge, about. */
  readonly places: number;
}

const TAG_MODULES = 6;
const FEW_MODULES = 12; // symbols up to here have large modules: their edges are looked at more densely
const MAX_MODULES = 177; // QR version 40

const tags = new Map<number, Modules>();
const edges = new WeakMap<Modules, SymbolEdges>();

/** Of DICT_4X4_250: four by four data modules in a dark border; null for a number it does not hold. */
export function tagModules(id: number): Modules | null {
  const bits = DICT_4X4_250[id];
  if (bits === undefined) return null;
  const known = tags.get(id);
  if (known) return known;
  const dark = new Uint8Array(TAG_MODULES * TAG_MODULES).fill(1);
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++)
      dark[(row + 1) * TAG_MODULES + column + 1] = 1 - ((bits >> (15 - 4 * row - column)) & 1);
  const made = { size: TAG_MODULES, dark };
  tags.set(id, made);
  return made;
}

/** A decoder's picture of a symbol, one byte a module, without quiet zone; null when it is no square. */
export function modulesOf(symbol: {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}): Modules | null {
  const { width: size, height, data } = symbol;
  if (size !== height || size < 4 || size > MAX_MODULES || data.length < size * size) return null;
  return { size, dark: Uint8Array.from({ length: size * size }, (_, i) => Number(data[i]! < 128)) };
}

/** All edges of a symbol, its outline towards the light quiet zone included; worked out once. */
export function edgesOf(modules: Modules): SymbolEdges {
  const known = edges.get(modules);
  if (known) return known;
  const { size, dark } = modules;
  const rows: number[] = [];
  const at = (row: number, column: number): number =>
    row < 0 || column < 0 || row >= size || column >= size ? 0 : dark[row * size + column]!;
  const isFine = size <= FEW_MODULES;
  for (let i = 0; i < size; i++) {
    for (let k = 0; k <= size; k++) {
      const across = at(i, k - 1) - at(i, k); // 1: it turns light to the right
      const down = at(k - 1, i) - at(k, i);
      if (across !== 0) rows.push(k / size - 0.5, (i + 0.5) / size - 0.5, across, 0);
      if (down !== 0) rows.push((i + 0.5) / size - 0.5, k / size - 0.5, 0, down);
      if (!isFine || i === 0) continue;
      // Blur rounds corners off: places keep half a module away from them, and an edge that goes on has one more.
      if (across !== 0 && across === at(i - 1, k - 1) - at(i - 1, k))
        rows.push(k / size - 0.5, i / size - 0.5, across, 0);
      if (down !== 0 && down === at(k - 1, i - 1) - at(k, i - 1))
        rows.push(i / size - 0.5, k / size - 0.5, 0, down);
    }
  }
  const column = (k: number) => Float64Array.from({ length: rows.length / 4 }, (_, i) => rows[4 * i + k]!);
  const made = {
    count: rows.length / 4,
    size,
    x: column(0),
    y: column(1),
    dx: column(2),
    dy: column(3),
    places: isFine ? 1.6 : 1,
  };
  edges.set(modules, made);
  return made;
}

/** Remembers the modules of labels that were read: a decoder samples them, dirt and all, so each read has a vote. */
export class LabelMemory {
  readonly #votes = new Map<string, { size: number; dark: Int16Array; reads: number; modules: Modules }>();

  constructor(private readonly capacity = 32) {}

  learn(text: string, modules: Modules): void {
    const key = keyOf(text);
    let vote = this.#votes.get(key);
    if (vote && vote.size === modules.size && vote.reads >= ENOUGH_READS) return;
    if (!vote || vote.size !== modules.size)
      vote = { size: modules.size, dark: new Int16Array(modules.dark.length), reads: 0, modules };
    vote.reads++;
    const dark = new Uint8Array(modules.dark.length);
    let isNew = vote.reads === 1;
    for (let i = 0; i < dark.length; i++) {
      vote.dark[i]! += 2 * modules.dark[i]! - 1;
      dark[i] = vote.dark[i]! === 0 ? vote.modules.dark[i]! : Number(vote.dark[i]! > 0);
      isNew ||= dark[i] !== vote.modules.dark[i];
    }
    if (isNew) vote.modules = { size: modules.size, dark };
    this.#votes.delete(key);
    this.#votes.set(key, vote);
    if (this.#votes.size > this.capacity) this.#votes.delete(this.#votes.keys().next().value!);
  }

  recall(text: string): Modules | null {
    return this.#votes.get(keyOf(text))?.modules ?? null;
  }
}

const ENOUGH_READS = 15;

const keyOf = (text: string): string => text.trim().toUpperCase();
