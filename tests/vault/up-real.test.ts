/** `holdfast up` on a real vault: it starts sealed, waits for a person, then starts the rest, which lives through a seal. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { status as statusAnswer } from '@holdfast/contracts';
import { newFolder, until } from './harness.ts';

const cli = resolve(import.meta.dirname, '../../apps/cli/src/main.ts');
const passphrase = 'correct horse battery staple\n';
const holdfast = (...args: string[]) => spawnSync(process.execPath, [cli, ...args], { input: passphrase, encoding: 'utf8' });

test('up waits for a sealed vault, goes on once it is unsealed, and server and page say so when it is sealed again', async (t) => {
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
  await until('the sealed vault', () => (said.includes('"sealed": true') ? true : undefined), 120_000);
  assert.ok(!said.includes('"ready"'));
  const unsealed = holdfast('vault', 'unseal', '--data', data);
  assert.equal(unsealed.status, 0, unsealed.stderr);
  await until('the running instance', () => (said.includes('"ready": true') ? true : undefined), 120_000);
  assert.match(said, /"exchange": "binance"/);

  const dashboard = `http://localhost:${port}`;
  const shown = async () => statusAnswer.parse(await (await fetch(`${dashboard}/api/status`)).json());
  await until('the open vault at the server', async () => ((await shown()).vault.state === 'open' ? true : undefined), 120_000);
  const { simulated, clock } = await shown();
  assert.equal(simulated, false);
  assert.deepEqual({ ...clock, now: 0 }, { now: 0, speed: null, tape: null, ended: false, real: 'binance' });
  assert.ok(Math.abs((clock.now ?? 0) - Date.now()) < 120_000);
  assert.match(holdfast('status', '--data', data).stdout, /^market {4}.*, binance, on this machine's clock$/m);

  assert.equal(holdfast('vault', 'seal', '--data', data).status, 0);
  await until(
    'the sealed vault at the server',
    async () => ((await shown()).vault.state === 'sealed' ? true : undefined),
    120_000,
  );
  const sealed = await shown();
  assert.deepEqual(
    sealed.vault.warnings.map(({ code, command }) => [code, command]),
    [['sealed', 'npx holdfast vault unseal']],
  );
  assert.deepEqual(sealed.accounts, []);
  const page = await fetch(dashboard);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<div id="root">/);
  const told = holdfast('status', '--data', data);
  assert.equal(told.status, 0, told.stderr);
  assert.match(told.stdout, /^!! The vault is sealed\./m);
  assert.match(told.stdout, /^vault {5}sealed: /m);

  const again = holdfast('vault', 'unseal', '--data', data);
  assert.equal(again.status, 0, again.stderr);
  await until('the open vault again', async () => ((await shown()).vault.state === 'open' ? true : undefined), 120_000);
  await until(
    'all processes running again',
    async () => {
      const states = (await shown()).processes.map(({ state }) => state);
      return states.length >= 5 && states.every((state) => state === 'running') ? true : undefined;
    },
    120_000,
  );
  up.kill('SIGTERM');
  assert.equal(await exit, 0);
});
