/**
 * The Merkle tree of RFC 6962 (section 2.1) over the journal's lines, as far as a writer needs it: the roots of its complete
 * subtrees, one per bit of the size. A leaf is SHA-256(0x00 ‖ line without its line feed), a node SHA-256(0x01 ‖ left ‖ right).
 */
import { createHash } from 'node:crypto';

const leafMark = Buffer.from([0]);
const nodeMark = Buffer.from([1]);

export const leafHash = (line: string | Uint8Array): Buffer => createHash('sha256').update(leafMark).update(line).digest();
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  createHash('sha256').update(nodeMark).update(left).update(right).digest();

export interface Frontier {
  /** Adds the next line; two hashes on average. */
  add(line: string | Uint8Array): void;
  readonly size: () => number;
  /** Root of all lines so far; SHA-256 of nothing for none. */
  readonly root: () => Buffer;
}

export function createFrontier(): Frontier {
  // complete[k] is the root of 2^k lines wherever bit k of the size is set; older lines stand at higher k.
  const complete: (Buffer | undefined)[] = [];
  let size = 0;
  return {
    add: (line) => {
      let hash = leafHash(line);
      let level = 0;
      for (let left = complete[level]; left !== undefined; left = complete[level]) {
        hash = nodeHash(left, hash);
        complete[level] = undefined;
        level += 1;
      }
      complete[level] = hash;
      size += 1;
    },
    size: () => size,
    root: () => {
      let root: Buffer | undefined;
      for (const hash of complete) {
        if (hash === undefined) continue;
        root = root === undefined ? hash : nodeHash(hash, root);
      }
      return root ?? createHash('sha256').digest();
    },
  };
}

/** Root of the first `size` lines of `journal`, or null when it has fewer whole lines. */
export function rootAt(journal: Buffer, size: number): string | null {
  const frontier = createFrontier();
  let start = 0;
  while (frontier.size() < size) {
    const end = journal.indexOf(0x0a, start);
    if (end === -1) return null;
    frontier.add(journal.subarray(start, end));
    start = end + 1;
  }
  return frontier.root().toString('hex');
}
