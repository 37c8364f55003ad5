import assert from 'node:assert/strict';
import { mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createJournal, noHash, readJournal } from './journal.ts';
import { openJournalFile } from './journal-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-journal-'));
after(() => rmSync(folder, { recursive: true }));

const fail = (error: Error): never => {
  throw error;
};
const mib = 1024 ** 2;

test('what was written is read again, also lines that are longer than is looked at in one go', async () => {
  const port = openJournalFile(join(folder, 'long.log'));
  const journal = createJournal(port, { seq: 0, head: noHash }, fail);
  for (const length of [10, 17 * mib, 10, 20 * mib, 10])
    await new Promise<void>((done) =>
      journal.append({ kind: 'opened', epoch: length, vaultId: 'x'.repeat(length) }, 1, 1, () => done()),
    );
  const lengths: unknown[] = [];
  const bytes = port.load();
  const reading = readJournal(bytes, 'journal', ({ epoch }) => lengths.push(epoch));
  assert.deepEqual(lengths, [10, 17 * mib, 10, 20 * mib, 10]);
  assert.equal(reading.length, bytes.length);
});

for (const [disk, msMax] of [
  ['at once', 1e9],
  ['slowly', -1],
] as const)
  test(`records of a disk that answers ${disk} are there when they are said to be, in their order`, async () => {
    const path = join(folder, `${msMax}.log`);
    const port = openJournalFile(path, msMax);
    const journal = createJournal(port, { seq: 0, head: noHash }, fail);
    const said: number[] = [];
    let last = Promise.resolve();
    for (let epoch = 1; epoch <= 200; epoch += 1) {
      last = new Promise((done) => {
        journal.append({ kind: 'opened', epoch, vaultId: 'v' }, 1, 1, () => {
          said.push(epoch);
          assert.ok(readJournal(readFileSync(path), 'journal', () => undefined).seq >= epoch, `record ${epoch} is not on disk`);
          done();
        });
      });
      if (epoch % 7 === 0) await last;
    }
    await last;
    assert.deepEqual(
      said,
      Array.from({ length: 200 }, (_, index) => index + 1),
    );
    assert.deepEqual(readFileSync(path), port.load());
  });

test('a disk that is full is said, whether it was waited for or not', { skip: process.platform !== 'linux' }, async () => {
  for (const msMax of [1e9, -1]) {
    const { write } = openJournalFile('/dev/full', msMax);
    for (let round = 0; round < 3; round += 1) await assert.rejects(write(Buffer.from('record\n')), { code: 'ENOSPC' });
  }
});

const isLong = process.env.HOLDFAST_LONG === '1';
test('a journal of more than 2 GiB is read to its end', { skip: !isLong && 'takes half a minute; HOLDFAST_LONG=1' }, () => {
  const path = join(folder, 'large.log');
  const port = openJournalFile(path);
  truncateSync(path, 2048 * mib + 64);
  writeSync(openSync(path, 'r+'), '\n', 2048 * mib + 60);
  const bytes = port.load();
  assert.equal(bytes.length, 2048 * mib + 64);
  // What is no record is damage at its first byte, not a torn line: the line feed was found behind 2 GiB.
  assert.throws(() => readJournal(bytes, 'journal', () => undefined), /record 1 \(byte 0\) is damaged/);
});
