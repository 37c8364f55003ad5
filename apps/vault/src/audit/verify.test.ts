import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createJournal, type JournalPort, noHash } from '../signer/journal.ts';
import type { RecordBody } from '../signer/records.ts';
import { verifyJournal } from './verify.ts';

/** A journal as the signer writes it. */
async function written(records: number): Promise<string> {
  const chunks: Buffer[] = [];
  const port: JournalPort = {
    load: () => Buffer.alloc(0),
    truncate: () => {},
    write: async (bytes) => void chunks.push(bytes),
  };
  const journal = createJournal(port, { seq: 0, head: noHash }, (error) => {
    throw error;
  });
  for (let n = 0; n < records; n += 1)
    journal.append({ kind: 'frozen', account: null, reason: `reason ${n}` } as unknown as RecordBody, n, n);
  await new Promise<void>((done) => journal.whenDurable(done));
  return Buffer.concat(chunks).toString('utf8');
}

function verify(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-audit-'));
  try {
    writeFileSync(join(folder, 'journal.log'), text);
    return verifyJournal(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a journal as written is unbroken', async () => {
  const result = verify(await written(2500));
  assert.ok(result.ok);
  assert.equal(result.records, 2500);
});

test('a line that a crash cut off is counted as torn, not as damage', async () => {
  const text = await written(3);
  const result = verify(text.slice(0, -10));
  assert.ok(result.ok);
  assert.equal(result.records, 2);
  assert.ok(result.torn > 0);
});

const damages: readonly (readonly [string, (lines: string[]) => string[], number])[] = [
  ['a changed word', (lines) => lines.map((line, n) => (n === 4 ? line.replace('reason 4', 'reason 5') : line)), 5],
  ['a removed record', (lines) => lines.filter((_, n) => n !== 4), 5],
  ['two records swapped', (lines) => [...lines.slice(0, 4), lines[5] ?? '', lines[4] ?? '', ...lines.slice(6)], 5],
  ['a first record missing', (lines) => lines.slice(1), 1],
  ['a record written twice', (lines) => [...lines.slice(0, 5), ...lines.slice(4)], 6],
];
for (const [name, damage, record] of damages) {
  test(`${name} is found and named`, async () => {
    const lines = (await written(8)).split('\n').slice(0, -1);
    const result = verify(`${damage(lines).join('\n')}\n`);
    assert.equal(result.ok, false);
    assert.equal(result.ok === false && result.record, record);
  });
}
