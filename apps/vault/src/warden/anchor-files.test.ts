import assert from 'node:assert/strict';
import { linkSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type AnchorDoneFrame, type AnchorsFrame, type CheckpointFrame, decodeWardenToSigner } from '../frames/frames.ts';
import { createAnchorFiles, keepIdentity } from './anchor-files.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

let vaults = 0;
function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-anchors-'));
  folders.push(folder);
  vaults += 1;
  const vaultId = `vault-${vaults}`;
  let next: ((frame: AnchorDoneFrame | AnchorsFrame) => void) | undefined;
  const make = () =>
    createAnchorFiles(folder, vaultId, (frame) => {
      assert.deepEqual(decodeWardenToSigner(JSON.parse(JSON.stringify(frame))), frame);
      next?.(frame);
    });
  const take = make();
  const ask = (frame: Parameters<typeof take>[0]) =>
    new Promise<AnchorDoneFrame | AnchorsFrame>((resolve) => {
      next = resolve;
      take(frame);
    });
  const checkpoint = (size: number, origin = `holdfast/log/v1/${vaultId}`): CheckpointFrame => ({
    v: 1,
    origin,
    size,
    root: 'ab'.repeat(32),
    at: 1_700_000_000_000 + size,
    signature: `${'A'.repeat(86)}==`,
  });
  const append = async (path: string, it: CheckpointFrame) =>
    (await ask({ kind: 'anchor', id: 1, path, checkpoint: it })) as AnchorDoneFrame;
  const wanted = async (...paths: string[]) => ((await ask({ kind: 'anchors-wanted', paths })) as AnchorsFrame).found;
  return { folder, checkpoint, append, wanted };
}

test('checkpoints are appended to an owner’s file and the last of this vault is told', async () => {
  const { folder, checkpoint, append, wanted } = bench();
  const path = join(folder, 'usb.anchors');
  assert.deepEqual(await wanted(path), [
    { path: '', checkpoint: null, reason: '' },
    { path, checkpoint: null, reason: '' },
  ]);
  assert.ok((await append(path, checkpoint(1))).ok);
  assert.ok((await append(path, checkpoint(2))).ok);
  writeFileSync(path, `${readFileSync(path, 'utf8')}${JSON.stringify(checkpoint(9, 'holdfast/log/v1/other'))}\nhalf a li`);
  assert.deepEqual((await wanted(path))[1], { path, checkpoint: checkpoint(2), reason: '' });
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('the warden’s own record is the newest, also when its file was put back', async () => {
  const { folder, checkpoint, append, wanted } = bench();
  await append('', checkpoint(1));
  const own = join(folder, 'newest-checkpoint.anchors');
  const old = readFileSync(own);
  await append('', checkpoint(2));
  writeFileSync(own, old);
  assert.deepEqual((await wanted())[0]?.checkpoint, checkpoint(2));
});

test('nothing but checkpoints of this vault, and nothing but files of its own for them', async () => {
  const { folder, checkpoint, append, wanted } = bench();
  const real = join(folder, 'real.anchors');
  writeFileSync(real, '');
  symlinkSync(real, join(folder, 'link.anchors'));
  linkSync(real, join(folder, 'second.anchors'));
  const rows: readonly (readonly [string, RegExp])[] = [
    [join(folder, 'profile'), /ends in \.anchors/],
    ['usb.anchors', /absolute/],
    [`${folder}/../x.anchors`, /absolute/],
    [join(folder, 'link.anchors'), /ELOOP/],
    [real, /one name/],
    [join(folder, 'missing', 'x.anchors'), /is not there/],
  ];
  for (const [path, reason] of rows) {
    const done = await append(path, checkpoint(1));
    assert.equal(done.ok, false, path);
    assert.match(done.reason, reason);
  }
  assert.equal(readFileSync(real, 'utf8'), '');
  assert.match((await wanted(join(folder, 'link.anchors')))[1]?.reason ?? '', /ELOOP/);
  const done = await append(join(folder, 'fresh.anchors'), checkpoint(1, 'holdfast/log/v1/other'));
  assert.match(done.reason, /another vault/);
});

test('the public half of the identity is kept beside the vault', () => {
  const { folder } = bench();
  const vault = { unsealKey: Buffer.alloc(32, 7), vaultId: 'test-vault' };
  keepIdentity(folder, vault);
  const pem = readFileSync(join(folder, 'identity.pub'), 'utf8');
  assert.match(pem, /^-----BEGIN PUBLIC KEY-----/);
  keepIdentity(folder, vault);
  assert.equal(readFileSync(join(folder, 'identity.pub'), 'utf8'), pem);
});
