/**
 * Checks a signer's journal from outside the vault: it shares no code with what writes it. Each line is JSON that ends in
 * `,"hash":"…"}`; the hash is SHA-256 of everything before that, `prev` is the hash of the line before (64 zeros for the
 * first) and `seq` counts from 1. A last line without its line feed was never answered for and counts for nothing.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

export type Verification =
  /** `head` is the hash of the last record; `torn` are bytes of a line that a crash cut off. */
  | { readonly ok: true; readonly records: number; readonly head: string; readonly torn: number }
  | { readonly ok: false; readonly record: number; readonly reason: string };

const chunkBytes = 1 << 20;
const lineFeed = 0x0a;
const tail = /^(.*),"hash":"([0-9a-f]{64})"\}$/s;

interface Chain {
  records: number;
  head: string;
}

/** What is wrong with the next line, or undefined; the chain then includes it. */
function take(chain: Chain, line: string): string | undefined {
  const match = tail.exec(line);
  if (match === null) return 'it does not end in its hash';
  const [, said = '', hash = ''] = match;
  if (createHash('sha256').update(said, 'utf8').digest('hex') !== hash) return 'its hash is not that of its text';
  let record: { seq?: unknown; prev?: unknown };
  try {
    record = JSON.parse(line) as typeof record;
  } catch {
    return 'it is not JSON';
  }
  if (record.seq !== chain.records + 1) return `it says number ${String(record.seq)}`;
  if (record.prev !== chain.head) return 'it does not follow the record before it';
  chain.records += 1;
  chain.head = hash;
  return undefined;
}

/** Reads the journal of a signer's folder piece by piece; memory does not grow with it. @throws Error when it cannot be read */
export function verifyJournal(folder: string): Verification {
  const file = join(folder, 'journal.log');
  const descriptor = openSync(file, 'r');
  const chain: Chain = { records: 0, head: '0'.repeat(64) };
  const chunk = Buffer.alloc(chunkBytes);
  let rest: Buffer = Buffer.alloc(0);
  try {
    for (;;) {
      const read = readSync(descriptor, chunk, 0, chunkBytes, null);
      if (read === 0) return { ok: true, ...chain, torn: rest.length };
      let held = Buffer.concat([rest, chunk.subarray(0, read)]);
      for (let end = held.indexOf(lineFeed); end !== -1; end = held.indexOf(lineFeed)) {
        const wrong = take(chain, held.toString('utf8', 0, end));
        if (wrong !== undefined) {
          return {
            ok: false,
            record: chain.records + 1,
            reason: `${file}: record ${chain.records + 1} was changed or is missing: ${wrong}`,
          };
        }
        held = held.subarray(end + 1);
      }
      rest = Buffer.from(held);
    }
  } finally {
    closeSync(descriptor);
  }
}
