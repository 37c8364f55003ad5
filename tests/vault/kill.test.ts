/** `holdfast kill` against a real vault: through its gate, and when the gate hears nothing any more. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { connectAccount, type Instance, launch, newSubKey, order, peer, priceNear, startVault, vaultOpen } from './harness.ts';

const main = resolve(import.meta.dirname, '../../apps/cli/src/main.ts');
let instance: Instance;

before(async () => {
  instance = await launch();
  await connectAccount(instance);
  await vaultOpen(instance);
});
after(() => instance.close());

async function kill(...more: string[]): Promise<{ how: string; accounts: unknown; pages: unknown }> {
  const args = [main, 'kill', '--json', '--data', instance.data, '--vault', `http://127.0.0.1:${instance.vault.port}`, ...more];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

async function again(): Promise<void> {
  instance.vault = await startVault(instance.data, instance.exchange.port, instance.vault.port);
}

const conditionNow = async (): Promise<string> => (await instance.cli.status()).accounts[0]!.condition;

test('kill answers, the vault ends sealed and comes back revoked', async () => {
  const bot = await newSubKey(instance);
  const done = await kill('--reason', 'stolen laptop');
  assert.equal(done.how, 'answered');
  assert.equal(await instance.vault.exit, 0, instance.vault.log());
  assert.match(instance.vault.log(), /killed: stolen laptop; sealed/);
  await again();
  assert.equal(await conditionNow(), 'revoked');
  const refused = await instance.engine.subKey(bot).submit(order('dead-1', await priceNear(instance, 50n)));
  assert.ok(refused.kind === 'refused' && refused.code === 'E_REVOKED');
  const { stateEpoch } = await instance.cli.status();
  const lifted = await instance.cli.ownerAct({ act: 'unfreeze', account: null, stateEpoch, at: Date.now() }, instance.owner);
  assert.equal(lifted.kind, 'done');
});

test('kill works with a gate that hears nothing: the vault is ended, and its next start revokes first', async () => {
  const gate = (await instance.cli.status()).processes.find(({ name }) => name === 'gate')!;
  process.kill(gate.pid, 'SIGSTOP');
  const done = await kill();
  assert.equal(done.how, 'ended');
  await instance.vault.exit;
  assert.ok(existsSync(join(instance.data, 'vault', 'kill.json')));
  const idle = await kill();
  assert.equal(idle.how, 'not-running');
  await again();
  assert.equal(await conditionNow(), 'revoked');
  assert.ok(!existsSync(join(instance.data, 'vault', 'kill.json')), 'once it is recorded the wish is gone');
  const engine = peer(instance.data, instance.vault.port, 'engine');
  await assert.rejects(newSubKey({ ...instance, engine }), /E_REVOKED|revoked/);
  engine.close();
});
