/**
 * Proofs over the journal's Merkle tree (RFC 6962, sections 2.1.1 and 2.1.2), for those who read the log: all complete subtrees
 * are kept, so each proof costs some logarithms. Shares no code with the signer, which writes the log.
 */
import { createHash } from 'node:crypto';

const hashOf = (mark: number, ...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256').update(Uint8Array.of(mark));
  for (const part of parts) hash.update(part);
  return hash.digest();
};
export const leafOf = (line: Uint8Array): Buffer => hashOf(0, line);
const nodeOf = (left: Uint8Array, right: Uint8Array): Buffer => hashOf(1, left, right);

export interface MerkleTree {
  readonly size: number;
  /** Root of the first `size` leaves. @throws RangeError */
  root(size?: number): Buffer;
  /** Audit path of leaf `index` (from 0) in the tree of the first `size` leaves, lowest sibling first. @throws RangeError */
  inclusion(index: number, size?: number): readonly Buffer[];
  /** Shows that the tree of `size` leaves goes on from that of `from`. @throws RangeError */
  consistency(from: number, size?: number): readonly Buffer[];
}

/** A tree over leaf hashes (`leafOf`). */
export function merkleTree(leaves: readonly Buffer[]): MerkleTree {
  const levels: Buffer[][] = [[...leaves]];
  for (let below = levels[0] ?? []; below.length > 1; below = levels.at(-1) ?? []) {
    const level: Buffer[] = [];
    for (let n = 0; n + 1 < below.length; n += 2) level.push(nodeOf(below[n] as Buffer, below[n + 1] as Buffer));
    levels.push(level);
  }

  /** Hash of the leaves from `start` (a multiple of the largest power of two below `count`) on. */
  const range = (start: number, count: number): Buffer => {
    const level = Math.log2(count);
    if (Number.isInteger(level)) return levels[level]?.[start / count] as Buffer;
    const left = splitOf(count);
    return nodeOf(range(start, left), range(start + left, count - left));
  };
  const demand = (size: number, least: number): void => {
    if (!Number.isSafeInteger(size) || size < least || size > leaves.length)
      throw new RangeError(`a tree of ${leaves.length} leaves has no part of ${size}`);
  };
  const path = (index: number, start: number, count: number): Buffer[] => {
    if (count === 1) return [];
    const left = splitOf(count);
    return index < left
      ? [...path(index, start, left), range(start + left, count - left)]
      : [...path(index - left, start + left, count - left), range(start, left)];
  };
  const subproof = (from: number, start: number, count: number, isOld: boolean): Buffer[] => {
    if (from === count) return isOld ? [] : [range(start, count)];
    const left = splitOf(count);
    return from <= left
      ? [...subproof(from, start, left, isOld), range(start + left, count - left)]
      : [...subproof(from - left, start + left, count - left, false), range(start, left)];
  };

  return {
    size: leaves.length,
    root: (size = leaves.length) => {
      demand(size, 0);
      return size === 0 ? createHash('sha256').digest() : range(0, size);
    },
    inclusion: (index, size = leaves.length) => {
      demand(size, 1);
      if (!Number.isSafeInteger(index) || index < 0 || index >= size)
        throw new RangeError(`a tree of ${size} leaves has no leaf ${index}`);
      return path(index, 0, size);
    },
    consistency: (from, size = leaves.length) => {
      demand(size, 1);
      demand(from, 1);
      if (from > size) throw new RangeError(`a tree of ${size} leaves does not go on from one of ${from}`);
      return subproof(from, 0, size, true);
    },
  };
}

/** The largest power of two below `count`. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** Whether the tree of `size` leaves and root `root` goes on from the one of `from` leaves (RFC 9162, section 2.1.4.2). */
export function isContinued(from: number, fromRoot: Buffer, size: number, root: Buffer, path: readonly Buffer[]): boolean {
  if (from === size) return path.length === 0 && fromRoot.equals(root);
  if (from < 1 || from > size) return false;
  const [first, ...rest] = Number.isInteger(Math.log2(from)) ? [fromRoot, ...path] : path;
  if (first === undefined) return false;
  let [at, last, old, now] = [from - 1, size - 1, first, first];
  for (; at % 2 === 1; at = half(at)) last = half(last);
  for (const hash of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      [old, now] = [nodeOf(hash, old), nodeOf(hash, now)];
      for (; at % 2 === 0 && at !== 0; at = half(at)) last = half(last);
    } else now = nodeOf(now, hash);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && old.equals(fromRoot) && now.equals(root);
}

const half = (count: number): number => Math.floor(count / 2);
