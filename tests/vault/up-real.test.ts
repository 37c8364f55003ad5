/** `holdfast up` on a real vault: it starts sealed, waits for a person, then starts the rest. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { newFolder, until } from './harness.ts';

const cli = resolve(import.meta.dirname, '../../apps/cli/src/main.ts');
const passphrase = 'correct horse battery staple\n';
const holdfast = (...args: string[]) => spawnSync(process.execPath, [cli, ...args], { input: passphrase, encoding: 'utf8' });

test('up waits for a sealed vault, and goes on by itself once it is unsealed', async (t) => {
  const data = newFolder();
  assert.equal(holdfast('vault', 'init', '--data', data).status, 0);
  const port = String(10_100 + (process.pid % 9000));
  const up = spawn(process.execPath, [cli, 'up', '--data', data, '--port', port, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = new Promise<number | null>((done) => up.on('exit', done));
  t.after(() => {
    up.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  });
  let said = '';
  up.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await until('the sealed vault', () => (said.includes('"sealed": true') ? true : undefined), 30_000);
  assert.ok(!said.includes('"ready"'));
  const unsealed = holdfast('vault', 'unseal', '--data', data);
  assert.equal(unsealed.status, 0, unsealed.stderr);
  await until('the running instance', () => (said.includes('"ready": true') ? true : undefined), 60_000);
  assert.match(said, /"exchange": "binance"/);
  up.kill('SIGTERM');
  assert.equal(await exit, 0);
});
