/** Checkpoints, anchors and the comparison at a start; custody tests 53 and 90 at the size of the module. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Destination, OwnerId } from '@holdfast/domain';
import { vaultIdentity } from '../../frames/identity.ts';
import type { AnchorFrame, AnchorsWantedFrame, CheckpointFrame, NoticeFrame } from '../../frames/notices.ts';
import { createJournal, readJournal } from '../journal.ts';
import type { RecordBody } from '../records.ts';
import { createAudit } from './audit.ts';
import { checkpointMsMax, checkpointRecordsMax, promptEveryMs, rollbackMsMax } from './audit-log.ts';
import { type AuditRecord, applyAudit, emptyAuditState } from './audit-state.ts';
import { isSignedBy, signCheckpoint } from './checkpoint.ts';
import { rootAt } from './frontier.ts';

const vaultId = 'test-vault';
const identity = vaultIdentity(Buffer.alloc(32, 7), vaultId);
const owner = 'owner' as OwnerId;
const file: Extract<Destination, { kind: 'file' }> = { id: 'usb', kind: 'file', path: '/mnt/usb/vault.anchors' };
const hook: Destination = { id: 'hook', kind: 'webhook', url: 'https://example.test/' };
const phone: Destination = { id: 'phone', kind: 'ntfy', url: 'https://example.test/topic' };

/** What outlives the process. */
interface Disk {
  journal: Buffer;
  checkpoints: Buffer;
}
const emptyDisk = (): Disk => ({ journal: Buffer.alloc(0), checkpoints: Buffer.alloc(0) });

/** A signer's journal and audit log over `disk`, started; the warden answers when told. */
async function vault(disk: Disk, destinations: readonly Destination[] = [file]) {
  let now = 1_700_000_000_000 + disk.journal.length;
  let timers: { readonly at: number; readonly act: () => void }[] = [];
  const state = emptyAuditState();
  const toWarden: (AnchorFrame | AnchorsWantedFrame)[] = [];
  const toEgress: NoticeFrame[] = [];
  const logged: string[] = [];
  const write = (name: keyof Disk) => async (bytes: Buffer) => {
    disk[name] = Buffer.concat([disk[name], bytes]);
  };
  const commit = (body: AuditRecord | { kind: string }, after?: () => void): void => {
    const head = journal.append(body as RecordBody, now, now, after);
    applyAudit(state, { ...(body as AuditRecord), os: head.os });
  };
  const audit = createAudit({
    clock: { now: () => now, after: (ms, act) => void timers.push({ at: now + ms, act }) },
    vaultId,
    state,
    identity,
    commit,
    journal: () => disk.journal,
    file: { load: () => disk.checkpoints, write: write('checkpoints') },
    egress: (frame) => void toEgress.push(frame),
    warden: (frame) => void toWarden.push(frame),
    destinations: () => destinations.map((destination) => ({ owner, destination })),
    log: (message) => void logged.push(message),
  });
  const port = { load: () => disk.journal, truncate: () => {}, write: write('journal') };
  const reading = readJournal(disk.journal, 'journal', (raw, line) => {
    audit.take(line, raw.kind as string);
    applyAudit(state, raw as unknown as AuditRecord & { os: number });
  });
  const journal = createJournal(port, reading, assert.fail, (line, kind) => audit.take(line, kind));
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
  };
  commit({ kind: 'opened' });
  audit.start();
  await settle();
  return {
    audit,
    state,
    toEgress,
    logged,
    settle,
    toWarden,
    anchors: () => toWarden.filter((it) => it.kind === 'anchor'),
    add: async (records: number, kind = 'something') => {
      for (let n = 0; n < records; n += 1) commit({ kind });
      await settle();
    },
    pass: async (ms: number) => {
      now += ms;
      const due = timers.filter((it) => it.at <= now);
      timers = timers.filter((it) => it.at > now);
      for (const { act } of due) act();
      await settle();
    },
    answer: async (checkpoint: CheckpointFrame | null, path = file.path) => {
      audit.fromWarden({ kind: 'anchors', found: [{ path, checkpoint, reason: '' }] });
      await settle();
    },
    kinds: () =>
      disk.journal
        .toString()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).kind as string),
  };
}

const lastOf = (disk: Disk): CheckpointFrame => JSON.parse(disk.checkpoints.toString().split('\n').at(-2) ?? '');

test('a checkpoint is made after 256 records, or after 60 s when there is something new, and not otherwise', async () => {
  const disk = emptyDisk();
  const it = await vault(disk);
  assert.equal(it.anchors().length, 0);
  await it.pass(checkpointMsMax);
  assert.equal(it.anchors().length, 2, 'the warden and the file');
  const first = lastOf(disk);
  assert.equal(first.size, 1);
  assert.ok(isSignedBy(identity.publicKey, first));
  assert.equal(first.root, rootAt(disk.journal, 1));
  await it.pass(10 * checkpointMsMax);
  assert.equal(it.anchors().length, 2, 'records about checkpoints ask for no checkpoint');
  await it.add(checkpointRecordsMax - 1);
  assert.equal(it.anchors().length, 2);
  await it.add(1);
  assert.equal(it.anchors().length, 4);
  const second = lastOf(disk);
  assert.equal(second.root, rootAt(disk.journal, second.size));
  assert.equal(it.kinds().filter((kind) => kind === 'checkpoint').length, 2);
  assert.deepEqual(it.audit.head().checkpoint?.size, second.size);
});

test('a freeze is signed at once, a flood of them is not, and a kill goes to everybody', async () => {
  const it = await vault(emptyDisk(), [phone]);
  const checkpoints = (): number => it.kinds().filter((kind) => kind === 'checkpoint').length;
  for (let n = 0; n < 20; n += 1) await it.add(1, 'frozen');
  assert.equal(checkpoints(), 1);
  await it.pass(promptEveryMs);
  await it.add(1, 'frozen');
  assert.equal(checkpoints(), 2);
  await it.pass(promptEveryMs);
  await it.add(1, 'killed');
  assert.equal(checkpoints(), 3);
  assert.equal(it.toEgress.length, 2, 'the first, and the one of the kill');
});

test('what became of an anchor is journaled, and each kind of destination gets as many as it bears', async () => {
  const disk = emptyDisk();
  const it = await vault(disk, [file, hook, phone]);
  const minute = async (): Promise<void> => {
    await it.add(1);
    await it.pass(checkpointMsMax);
  };
  await minute();
  assert.deepEqual(
    it.toEgress.map((frame) => [frame.destination.id, frame.checkpoint?.size]),
    [
      ['hook', 2],
      ['phone', 2],
    ],
  );
  for (const { id } of it.toEgress) it.audit.fromEgress({ kind: 'notice-done', id, ok: true, final: true, reason: '' });
  const written = it.anchors().find((frame) => frame.kind === 'anchor' && frame.path === file.path);
  it.audit.fromWarden({
    kind: 'anchor-done',
    id: written?.kind === 'anchor' ? written.id : 0,
    ok: false,
    reason: 'no such file',
  });
  await it.settle();
  assert.deepEqual(it.kinds().slice(-3), ['anchored', 'anchored', 'anchored']);
  assert.match(disk.journal.toString(), /"destination":"owner\/usb","size":2,"ok":false,"reason":"no such file"/);
  for (let n = 0; n < 5; n += 1) await minute();
  assert.equal(it.toEgress.filter((frame) => frame.destination.id === 'hook').length, 6);
  assert.equal(it.toEgress.filter((frame) => frame.destination.id === 'phone').length, 1, 'one an hour');
  it.audit.seal();
  await it.settle();
  assert.equal(it.toEgress.filter((frame) => frame.destination.id === 'phone').length, 2, 'a seal goes to everybody at once');
});

test('nothing new is risked until the warden has told the anchors; with the newest of them it goes on', async () => {
  const disk = emptyDisk();
  const before = await vault(disk);
  await before.answer(null);
  await before.add(5);
  await before.pass(checkpointMsMax);
  const again = await vault(disk);
  assert.deepEqual(again.toWarden[0], { kind: 'anchors-wanted', paths: [file.path] });
  assert.match(again.audit.mismatch(), /being compared/);
  await again.answer(lastOf(disk));
  assert.equal(again.audit.mismatch(), '');
  assert.ok(!again.kinds().includes('rollback'));
});

test('a restored older journal is found by the anchor file, stays found over restarts, and ends when limits are counted anew', async () => {
  const disk = emptyDisk();
  const before = await vault(disk);
  await before.answer(null);
  await before.add(5);
  await before.pass(checkpointMsMax);
  const yesterday: Disk = { journal: Buffer.from(disk.journal), checkpoints: Buffer.from(disk.checkpoints) };
  await before.add(50);
  await before.pass(checkpointMsMax);
  const anchor = lastOf(disk);

  const restored = await vault(yesterday, [file, hook]);
  await restored.answer(anchor);
  assert.match(
    restored.audit.mismatch(),
    /vault\.anchors holds the vault's log of .* with \d+ records, but this journal ends after/,
  );
  assert.deepEqual(
    restored.toEgress.map((it) => [it.priority, it.title]),
    [['urgent', 'The vault was set back to an older state']],
  );
  // As many records as the anchor counts do not make it the same log.
  await restored.add(100);
  const again = await vault(yesterday);
  await again.answer(null);
  assert.match(again.audit.mismatch(), /this journal ends after/);
  again.audit.settleMismatch();
  await again.settle();
  assert.equal(again.audit.mismatch(), '');
  assert.equal(again.anchors().length, 2, 'the file has the new log at once');
  const after = await vault(yesterday);
  await after.answer(lastOf(yesterday));
  assert.equal(after.audit.mismatch(), '');
});

test('seven days without new risk end a rollback: nothing that was lost counts any more', async () => {
  const disk = emptyDisk();
  const before = await vault(disk);
  await before.add(5);
  await before.pass(checkpointMsMax);
  const other = emptyDisk();
  const it = await vault(other);
  await it.add(60, 'something else');
  const again = await vault(other);
  await again.answer(lastOf(disk));
  await again.pass(rollbackMsMax - 10_000);
  assert.notEqual(again.audit.mismatch(), '');
  await again.pass(20_000);
  assert.equal(again.audit.mismatch(), '');
  assert.ok(again.kinds().includes('rollback-settled'));
});

test('a journal cut short is found by its own checkpoints, and one written anew by its root', async () => {
  const disk = emptyDisk();
  const before = await vault(disk);
  await before.answer(null);
  await before.add(5);
  const short = Buffer.from(disk.journal);
  await before.pass(checkpointMsMax);
  const cut = await vault({
    journal: short.subarray(0, short.lastIndexOf(10, short.length - 2) + 1),
    checkpoints: Buffer.from(disk.checkpoints),
  });
  await cut.answer(null);
  assert.match(cut.audit.mismatch(), /checkpoints\.log holds .* but this journal/);

  const other = emptyDisk();
  const invented = await vault(other);
  await invented.answer(null);
  await invented.add(60, 'something else');
  const found = await vault(other);
  await found.answer(lastOf(disk));
  assert.match(found.audit.mismatch(), /this journal begins with others/);
});

test('an anchor that this vault did not sign is not counted, nor is one of another vault', async () => {
  const disk = emptyDisk();
  const it = await vault(disk);
  const stranger = vaultIdentity(Buffer.alloc(32, 8), vaultId);
  await it.answer(signCheckpoint(stranger.privateKey, 'holdfast/log/v1/test-vault', 900, '00'.repeat(32), 1));
  assert.equal(it.audit.mismatch(), '');
  await it.answer(signCheckpoint(identity.privateKey, 'holdfast/log/v1/other', 900, '00'.repeat(32), 1));
  assert.equal(it.audit.mismatch(), '');
  assert.equal(it.logged.filter((line) => /did not sign/.test(line)).length, 2);
});

test('a checkpoint that a crash kept from its file is written at the next start', async () => {
  const disk = emptyDisk();
  const before = await vault(disk);
  await before.add(5);
  await before.pass(checkpointMsMax);
  const whole = disk.checkpoints.toString();
  disk.checkpoints = Buffer.alloc(0);
  await vault(disk);
  assert.equal(disk.checkpoints.toString(), whole);
});
