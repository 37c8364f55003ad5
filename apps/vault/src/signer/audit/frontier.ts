/**
 * The Merkle tree of RFC 6962 (section 2.1) over the journal's lines, as far as a writer needs it: the roots of its complete
 * subtrees, one per bit of the size. A leaf is SHA-256(0x00 ‖ line without its line feed), a node SHA-256(0x01 ‖ left ‖ right).
 */
import { hash } from 'node:crypto';
import { lineFeed } from '../journal.ts';

const hashBytes = 32;
/** 32 bytes, a character each: a `Buffer` made for every hash costs twice what hashing does. */
type Digest = string;
/** What is hashed is put together here: a start hashes the whole journal, and one call per hash costs half of four. */
let leafBytes = Buffer.alloc(4096);
const nodeBytes = Buffer.alloc(1 + 2 * hashBytes, 1);

function leafHash(line: string | Uint8Array): Digest {
  const length = typeof line === 'string' ? Buffer.byteLength(line) : line.length;
  if (leafBytes.length <= length) leafBytes = Buffer.alloc(2 * length);
  leafBytes[0] = 0;
  if (typeof line === 'string') leafBytes.write(line, 1);
  else leafBytes.set(line, 1);
  return hash('sha256', leafBytes.subarray(0, 1 + length), 'latin1');
}

function nodeHash(left: Digest, right: Digest): Digest {
  nodeBytes.write(left, 1, hashBytes, 'latin1');
  nodeBytes.write(right, 1 + hashBytes, hashBytes, 'latin1');
  return hash('sha256', nodeBytes, 'latin1');
}

export interface Frontier {
  /** Adds the next line; two hashes on average. */
  add(line: string | Uint8Array): void;
  readonly size: () => number;
  /** Root of all lines so far; SHA-256 of nothing for none. */
  readonly root: () => Buffer;
}

export function createFrontier(): Frontier {
  // complete[k] is the root of 2^k lines wherever bit k of the size is set; older lines stand at higher k.
  const complete: (Digest | undefined)[] = [];
  let size = 0;
  return {
    add: (line) => {
      let root = leafHash(line);
      let level = 0;
      for (let left = complete[level]; left !== undefined; left = complete[level]) {
        root = nodeHash(left, root);
        complete[level] = undefined;
        level += 1;
      }
      complete[level] = root;
      size += 1;
    },
    size: () => size,
    root: () => {
      let root: Digest | undefined;
      for (const subtree of complete) {
        if (subtree === undefined) continue;
        root = root === undefined ? subtree : nodeHash(subtree, root);
      }
      return Buffer.from(root ?? hash('sha256', '', 'latin1'), 'latin1');
    },
  };
}

/** Root of the first `size` lines of `journal`, or null when it has fewer whole lines. */
export function rootAt(journal: Buffer, size: number): string | null {
  const frontier = createFrontier();
  let start = 0;
  while (frontier.size() < size) {
    const end = lineFeed(journal, start);
    if (end === -1) return null;
    frontier.add(journal.subarray(start, end));
    start = end + 1;
  }
  return frontier.root().toString('hex');
}
