/** Custody test 90: what is done to a log afterwards is found; with the vault's own key only an outside anchor finds it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Checkpoint, signCheckpoint } from '../signer/audit/checkpoint.ts';
import { createFrontier } from '../signer/audit/frontier.ts';
import { createJournal, type JournalPort, noHash } from '../signer/journal.ts';
import type { RecordBody } from '../signer/records.ts';
import { leafOf, merkleTree } from './merkle.ts';
import { programFile, proofFault, type VerifyResult, verifyLog } from './verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-audit-'));
after(() => rmSync(folder, { recursive: true }));

const vault = generateKeyPairSync('ed25519');
const identity = vault.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const origin = 'holdfast/log/v1/test-vault';
const checkpointEvery = 10;

interface Log {
  readonly lines: readonly string[];
  readonly checkpoints: readonly Checkpoint[];
}

/** A journal as the signer writes it, with a checkpoint after every tenth record; `word` makes logs differ. */
async function written(records: number, word = 'reason'): Promise<Log> {
  const chunks: Buffer[] = [];
  const port: JournalPort = {
    load: () => Buffer.alloc(0),
    truncate: () => {},
    write: async (bytes) => void chunks.push(bytes),
  };
  const journal = createJournal(port, { seq: 0, head: noHash }, (error) => {
    throw error;
  });
  const frontier = createFrontier();
  const checkpoints: Checkpoint[] = [];
  const add = async (body: unknown): Promise<void> => {
    journal.append(body as RecordBody, frontier.size(), 1_700_000_000_000 + frontier.size());
    await new Promise<void>((done) => journal.whenDurable(done));
    frontier.add(Buffer.concat(chunks).toString('utf8').split('\n').at(-2) ?? '');
  };
  await add({ kind: 'opened', epoch: 1, vaultId: 'test-vault' });
  while (frontier.size() < records) {
    if (frontier.size() % checkpointEvery !== 0)
      await add({ kind: 'frozen', account: null, reason: `${word} ${frontier.size()}` });
    else {
      const root = frontier.root().toString('hex');
      const made = signCheckpoint(vault.privateKey, origin, frontier.size(), root, 1_700_000_000_000 + frontier.size());
      checkpoints.push(made);
      const { size, at, signature } = made;
      await add({ kind: 'checkpoint', size, root, at, signature });
    }
  }
  return { lines: Buffer.concat(chunks).toString('utf8').split('\n').slice(0, -1), checkpoints };
}

let files = 0;
function file(text: string): string {
  files += 1;
  const path = join(folder, String(files));
  writeFileSync(path, text);
  return path;
}
const listed = (checkpoints: readonly Checkpoint[]): string => checkpoints.map((it) => `${JSON.stringify(it)}\n`).join('');

function check(
  lines: readonly string[],
  given: { checkpoints?: readonly Checkpoint[]; anchors?: readonly Checkpoint[]; key?: string } = {},
): VerifyResult {
  return verifyLog({
    journal: file(lines.map((line) => `${line}\n`).join('')),
    checkpoints: given.checkpoints && file(listed(given.checkpoints)),
    anchors: given.anchors && [file(`Received: from somewhere\n\n${listed(given.anchors)}`)],
    identity: given.key ?? identity,
  });
}

/** The log with its hashes made right again from the first record on, as somebody does who only knows how it is written. */
function chained(lines: readonly string[]): string[] {
  let prev = noHash;
  return lines.map((line, n) => {
    const record = { ...JSON.parse(line), seq: n + 1, prev };
    delete record.hash;
    const open = JSON.stringify(record).slice(0, -1);
    prev = createHash('sha256').update(open).digest('hex');
    return `${open},"hash":"${prev}"}`;
  });
}

test('a log as written agrees with its checkpoints and with what others kept', async () => {
  const { lines, checkpoints } = await written(2500);
  const result = check(lines, { checkpoints, anchors: checkpoints.slice(3, 5) });
  assert.deepEqual(result.problems, []);
  assert.deepEqual([result.records, result.checkpoints, result.anchors, result.torn], [2500, checkpoints.length, 2, 0]);
  assert.match(result.fingerprint, /^SHA256:[\w+/]{43}$/);
});

test('a line that a crash cut off is counted as torn, not as damage', async () => {
  const { lines, checkpoints } = await written(23);
  const text = `${lines.join('\n')}\n`;
  const result = verifyLog({ journal: file(text.slice(0, -10)), checkpoints: file(listed(checkpoints)), identity });
  assert.deepEqual([result.ok, result.records], [true, 22]);
  assert.ok(result.torn > 0);
});

const damages: readonly (readonly [string, (lines: readonly string[]) => readonly string[], number])[] = [
  ['a flipped byte', (lines) => lines.map((line, n) => (n === 4 ? line.replace('reason 4', 'reason 5') : line)), 5],
  ['a dropped record', (lines) => lines.filter((_, n) => n !== 4), 5],
  ['two records swapped', (lines) => [...lines.slice(0, 4), lines[5] ?? '', lines[4] ?? '', ...lines.slice(6)], 5],
  ['a first record missing', (lines) => lines.slice(1), 1],
  ['a record written twice', (lines) => [...lines.slice(0, 5), ...lines.slice(4)], 6],
];
for (const [name, damage, record] of damages) {
  test(`${name} is found and named; with the hashes made right again the checkpoints find it`, async () => {
    const { lines, checkpoints } = await written(35);
    const plain = check(damage(lines));
    assert.deepEqual([plain.ok, plain.brokenAt], [false, record]);
    const mended = chained(damage(lines));
    assert.equal(check(mended, { key: identity }).brokenAt, null, 'the chain alone is whole again');
    const found = check(mended, { anchors: checkpoints });
    assert.equal(found.ok, false);
    assert.match(found.problems.join('\n'), /the journal is not the one that had 10 records|counts 10 records|begins/);
  });
}

test('a log cut short is found by any checkpoint kept elsewhere, in its own folder or outside', async () => {
  const { lines, checkpoints } = await written(35);
  assert.equal(check(lines.slice(0, 15), { checkpoints: checkpoints.slice(0, 1) }).ok, true, 'alone it looks whole');
  for (const given of [{ checkpoints }, { anchors: checkpoints.slice(-1) }]) {
    const result = check(lines.slice(0, 15), given);
    assert.equal(result.ok, false);
    assert.match(result.problems.join('\n'), /it ends after 15 records, but .* says 30 at .*: it was cut short/);
  }
});

test('a whole log written and signed anew with the stolen vault key is found by an outside anchor and by nothing else', async () => {
  const genuine = await written(35);
  const forged = await written(35, 'invented');
  assert.deepEqual(check(forged.lines, { checkpoints: forged.checkpoints }).problems, []);
  const result = check(forged.lines, { checkpoints: forged.checkpoints, anchors: genuine.checkpoints.slice(1, 2) });
  assert.equal(result.ok, false);
  assert.match(result.problems.join('\n'), /the journal is not the one that had 20 records/);
});

test('a checkpoint of another key, another vault or another size does not count', async () => {
  const { lines, checkpoints } = await written(25);
  const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
  assert.match(check(lines, { checkpoints, key: other }).problems.join('\n'), /is not signed by this vault/);
  const [first] = checkpoints as [Checkpoint];
  const bent = { ...first, size: 11 };
  assert.match(check(lines, { anchors: [bent] }).problems.join('\n'), /of 11 records is not signed by this vault/);
  const foreign = signCheckpoint(vault.privateKey, 'holdfast/log/v1/other', 10, first.root, first.at);
  assert.match(check(lines, { anchors: [foreign] }).problems.join('\n'), /of another vault/);
  const empty = verifyLog({ journal: file(`${lines.join('\n')}\n`), anchors: [file('nothing here')], identity });
  assert.match(empty.problems.join('\n'), /no checkpoint in it/);
});

test('a proof shows one record without the others', async () => {
  const { lines, checkpoints } = await written(35);
  const checkpoint = checkpoints.at(-1) as Checkpoint;
  const tree = merkleTree(lines.map((line) => leafOf(Buffer.from(line))));
  const proof = (record: number) => ({
    record,
    line: lines[record - 1] ?? null,
    leaf: leafOf(Buffer.from(lines[record - 1] ?? '')).toString('hex'),
    path: tree.inclusion(record - 1, checkpoint.size).map((it) => it.toString('hex')),
    checkpoint,
  });
  for (let record = 1; record <= checkpoint.size; record += 1) assert.equal(proofFault(proof(record), identity), null);
  const good = proof(7);
  assert.match(proofFault({ ...good, line: lines[7] ?? '' }, identity) ?? '', /not that of its leaf/);
  assert.match(proofFault({ ...good, record: 8 }, identity) ?? '', /of another record/);
  assert.equal(proofFault({ ...good, line: null }, identity), null, 'a text that was left out still has its place');
  assert.match(proofFault({ ...good, line: null, record: 8 }, identity) ?? '', /not in the log/);
  assert.match(proofFault({ ...good, checkpoint: { ...checkpoint, size: 31 } }, identity) ?? '', /not signed/);
});

/** The system's own Node, where it is another one. */
const programs = [process.execPath, '/usr/bin/node'].filter((it) => existsSync(it));
for (const node of programs) {
  test(`the program runs by itself under ${node === process.execPath ? 'the pinned Node' : 'the system’s Node'}`, async () => {
    const { lines, checkpoints } = await written(35);
    const copy = file('');
    const { copyFileSync } = await import('node:fs');
    copyFileSync(programFile, `${copy}.mjs`);
    const journal = file(`${lines.join('\n')}\n`);
    const words = ['--anchors', file(listed(checkpoints)), '--identity', file(identity)];
    const good = spawnSync(node, [`${copy}.mjs`, journal, ...words], { encoding: 'utf8' });
    assert.equal(good.status, 0, good.stdout + good.stderr);
    assert.match(good.stdout, /vault identity SHA256:.*\n.*"records":35.*\nall agrees/);
    const cut = file(`${lines.slice(0, 5).join('\n')}\n`);
    const bad = spawnSync(node, [`${copy}.mjs`, cut, ...words], { encoding: 'utf8' });
    assert.equal(bad.status, 1);
    assert.match(bad.stdout, /WRONG: .*cut short/);
    assert.equal(spawnSync(node, [`${copy}.mjs`]).status, 64);
  });
}
