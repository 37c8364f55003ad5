/** The command line as a person or a program meets it: exit codes, one line on stderr, nothing damaged. */
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import * as tar from 'tar';

const bin = resolve(import.meta.dirname, '../bin/holdfast.mjs');

function holdfast(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', timeout: 180_000 });
}

function folder(t: { after(done: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-cli-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function refused(result: SpawnSyncReturns<string>, code: number, says: RegExp): void {
  assert.equal(result.status, code, `${result.stdout}\n${result.stderr}`);
  assert.match(result.stderr, says);
  assert.equal(result.stderr.trim().split('\n').length, 1, result.stderr);
}

const commands = [
  ['up'],
  ['status'],
  ['deals'],
  ['bot', 'list'],
  ['bot', 'show'],
  ['bot', 'create'],
  ['bot', 'start'],
  ['bot', 'stop'],
  ['freeze'],
  ['unfreeze'],
  ['sub-key', 'make'],
  ['sub-key', 'list'],
  ['sub-key', 'revoke'],
  ['audit', 'verify'],
  ['audit', 'show'],
  ['audit', 'prove'],
  ['incident'],
  ['backup'],
  ['restore'],
  ['exchange', 'start'],
  ['exchange', 'key', 'create'],
  ['exchange', 'credit'],
  ['exchange', 'market', 'list'],
  ['exchange', 'market', 'halt'],
];

test('every command explains itself with --help and takes --data and --json', () => {
  for (const command of commands) {
    const { status, stdout } = holdfast(...command, '--help');
    assert.equal(status, 0, command.join(' '));
    assert.match(stdout, /--data <dir>/, command.join(' '));
    assert.match(stdout, /--json/, command.join(' '));
  }
});

test('an unknown command, option or value is one line and exit code 64', () => {
  refused(holdfast('fly'), 64, /unknown command 'fly'/);
  refused(holdfast('status', '--colour'), 64, /unknown option '--colour'/);
  refused(holdfast('up', '--port', 'eighty'), 64, /port/);
  refused(holdfast('up', '--speed', '-1'), 64, /speed/);
  refused(holdfast('exchange', 'key', 'create', '--type', 'dsa'), 64, /hmac, rsa, ed25519/);
  refused(holdfast('exchange', 'key', 'create', '--credit', 'USDT'), 64, /ASSET=AMOUNT/);
});

test('without an instance, commands that need one say so and exit 70', (t) => {
  const data = folder(t);
  refused(holdfast('status', '--data', data), 70, /no holdfast runs in/);
  refused(holdfast('bot', 'list', '--data', data), 70, /no holdfast runs in/);
  refused(holdfast('freeze', '--data', data), 70, /no holdfast runs in/);
});

test('a data directory that cannot be made is exit code 73 and names it', (t) => {
  const file = join(folder(t), 'file');
  writeFileSync(file, 'precious');
  refused(holdfast('up', '--data', join(file, 'data')), 73, /cannot write the data directory .*file\/data/);
  assert.equal(readFileSync(file, 'utf8'), 'precious');
});

test('a taken port is exit code 69, names the port, and leaves nothing running', async (t) => {
  const data = folder(t);
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => taken.once('listening', done));
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  refused(holdfast('up', '--data', data, '--port', String(port)), 69, new RegExp(`port ${port} .*taken`));
  assert.ok(!readdirSync(data).includes('lock'));
});

test('a lock left by a process that is gone does not stop a start; the port check comes next', async (t) => {
  const data = folder(t);
  writeFileSync(join(data, 'lock'), JSON.stringify({ pid: 2 ** 22 - 3, ports: { dashboard: 1, gate: 3, exchange: 11 } }));
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => taken.once('listening', done));
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  refused(holdfast('up', '--data', data, '--port', String(port)), 69, /taken/);
});

test('restore refuses what is not a backup and changes nothing', (t) => {
  const data = folder(t);
  mkdirSync(join(data, 'engine'));
  writeFileSync(join(data, 'engine', 'engine.db'), 'as it was');
  const file = join(data, 'holiday.tgz');
  writeFileSync(file, 'not an archive');
  refused(holdfast('restore', file, '--data', data), 65, /not a Holdfast backup/);
  assert.equal(readFileSync(join(data, 'engine', 'engine.db'), 'utf8'), 'as it was');
});

test('restore puts nothing elsewhere, whatever an archive says', async (t) => {
  const [packed, data] = [folder(t), join(folder(t), 'data')];
  const inside = (path: string, text: string): void => {
    mkdirSync(dirname(join(packed, path)), { recursive: true });
    writeFileSync(join(packed, path), text);
  };
  inside('engine/engine.db', 'books');
  inside('engine/engine.db-wal', 'pages of a stranger');
  inside('strategies/code/own-thief.ts', 'export {}');
  mkdirSync(join(data, 'vault'), { recursive: true });
  writeFileSync(join(data, 'vault', 'journal.log'), 'newer');
  inside('vault/journal.log', 'older');
  const strangers = ['engine/../vault/journal.log', 'engine/../strategies/code/own-thief.ts', 'engine/engine.db-wal'];
  for (const path of strangers) {
    inside('backup.json', JSON.stringify({ holdfastBackup: 1, files: ['engine/engine.db', path] }));
    const file = join(packed, 'a.tgz');
    await tar.create({ gzip: true, file, cwd: packed }, ['backup.json', 'engine', 'strategies', 'vault']);
    refused(holdfast('restore', file, '--data', data), 65, /which no backup has/);
  }
  assert.deepEqual(readdirSync(data, { recursive: true }).sort(), ['vault', 'vault/journal.log']);
  assert.equal(readFileSync(join(data, 'vault', 'journal.log'), 'utf8'), 'newer');
});

test('backup of a directory without books says so', (t) => {
  const data = folder(t);
  refused(holdfast('backup', join(data, 'a.tgz'), '--data', data), 1, /nothing to back up/);
});
