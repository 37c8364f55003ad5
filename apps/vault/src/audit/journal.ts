/** A journal read for people: its lines with what they say, and proofs that they stand in the signed log. */
import { readFileSync } from 'node:fs';
// biome-ignore lint/correctness/useImportExtensions: plain JavaScript, see verify.ts
import type { Checkpoint, Proof } from './holdfast-verify.mjs';
import { leafOf, type MerkleTree, merkleTree } from './merkle.ts';
import type { RawRecord } from './sentences.ts';

export type { Checkpoint, Proof };

export interface JournalReading {
  readonly lines: readonly string[];
  readonly records: readonly RawRecord[];
  readonly tree: MerkleTree;
  /** The checkpoints that the journal itself records, the oldest first. */
  readonly checkpoints: readonly Checkpoint[];
}

/** Whole lines only: a torn one was never answered for. @throws SyntaxError when a line is not JSON */
export function readJournalFile(file: string): JournalReading {
  return readJournalText(readFileSync(file, 'utf8'));
}

export function readJournalText(text: string): JournalReading {
  const lines = text.split('\n').slice(0, -1);
  const records = lines.map((line) => JSON.parse(line) as RawRecord);
  const origin = `holdfast/log/v1/${String(records.find((it) => it.kind === 'opened')?.vaultId ?? '')}`;
  const checkpoints = records.filter((it) => it.kind === 'checkpoint').map((it) => checkpointOf(it, origin));
  return { lines, records, tree: merkleTree(lines.map((line) => leafOf(Buffer.from(line, 'utf8')))), checkpoints };
}

function checkpointOf({ size, root, at, signature }: RawRecord, origin: string): Checkpoint {
  return { v: 1, origin, size, root, at, signature } as Checkpoint;
}

/** That record `record` (from 1) stands in the log of `checkpoint`; its text can be left out. @throws RangeError */
export function proofOf({ lines, tree }: JournalReading, record: number, checkpoint: Checkpoint, isShown = true): Proof {
  const line = lines[record - 1];
  if (line === undefined) throw new RangeError(`there is no record ${record}; the journal has ${lines.length}`);
  return {
    record,
    line: isShown ? line : null,
    leaf: leafOf(Buffer.from(line, 'utf8')).toString('hex'),
    path: tree.inclusion(record - 1, checkpoint.size).map((it) => it.toString('hex')),
    checkpoint,
  };
}
