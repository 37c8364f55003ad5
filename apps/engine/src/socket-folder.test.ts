import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ownSocketFolder } from './socket-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-folder-'));
after(() => rmSync(folder, { recursive: true }));
const mode = (path: string): number => statSync(path).mode & 0o777;

test('the folder is made for its owner alone, also when it was there', () => {
  const path = join(folder, 'made');
  ownSocketFolder(path);
  assert.equal(mode(path), 0o700);
  chmodSync(path, 0o777);
  ownSocketFolder(path);
  assert.equal(mode(path), 0o700);
});

test('a link, a file and a folder of somebody else are refused and left as they are', () => {
  const aim = join(folder, 'aim');
  mkdirSync(aim);
  chmodSync(aim, 0o755);
  symlinkSync(aim, join(folder, 'link'));
  assert.throws(() => ownSocketFolder(join(folder, 'link')), { code: 'EPERM' });
  assert.equal(mode(aim), 0o755);
  writeFileSync(join(folder, 'file'), '');
  assert.throws(() => ownSocketFolder(join(folder, 'file')), { code: 'EPERM' });
});

const isRoot = process.getuid?.() === 0;
test('a folder of another user is refused', { skip: !isRoot && 'only root can make one' }, () => {
  const path = join(folder, 'foreign');
  mkdirSync(path);
  chownSync(path, 12_345, 12_345);
  assert.throws(() => ownSocketFolder(path), { code: 'EPERM' });
  assert.equal(statSync(path).uid, 12_345);
});
