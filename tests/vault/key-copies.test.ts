/** How often the secret of an imported key stands in the memory of the vault's processes: once, in the signer. */
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { AccountId } from '@holdfast/domain';
import { createKey } from '@holdfast/exchange/control';
import { credentialId } from '@holdfast/vault/client';
import { hpkeSeal } from '../../apps/vault/src/crypto/hpke.ts';
import { type Instance, launch, until } from './harness.ts';

let instance: Instance;
before(async () => {
  instance = await launch();
});
after(() => instance?.close());

const readableBytesMax = 512 * 1024 * 1024;

/** Appearances in all writable memory of a process, or null where the operating system lets nobody look. */
function copiesIn(pid: number, wanted: Buffer): number | null {
  let descriptor: number;
  try {
    descriptor = openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    return null;
  }
  let copies = 0;
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, first = '', end = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
    const [from, length] = [Number.parseInt(first, 16), Number.parseInt(end, 16) - Number.parseInt(first, 16)];
    if (first === '' || length > readableBytesMax) continue;
    const bytes = Buffer.alloc(length);
    try {
      readSync(descriptor, bytes, 0, length, from);
    } catch {
      continue; // unmapped meanwhile, or not memory
    }
    for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) copies += 1;
  }
  closeSync(descriptor);
  return copies;
}

async function copiesByProcess(secret: string): Promise<Readonly<Record<string, number | null>>> {
  const { processes } = await instance.cli.status();
  return Object.fromEntries(processes.map(({ name, pid }) => [name, copiesIn(pid, Buffer.from(secret))]));
}

const signerPid = async (): Promise<number> =>
  (await instance.cli.status()).processes.find(({ name }) => name === 'signer')?.pid ?? 0;

test('an imported secret stands once in the signer and nowhere else, also after the signer came back', async (context) => {
  const { cli, owner, exchange, data } = instance;
  const control = { url: `http://127.0.0.1:${exchange.port}`, data };
  const { apiKey, secret = '' } = await createKey(control, { type: 'hmac', ips: ['127.0.0.1'], credit: { USDT: '1000' } });
  const { vaultId } = await cli.status();
  const ticket = await cli.ticket();
  if ('kind' in ticket) throw new Error(ticket.reason);
  const credential = credentialId(owner);
  const whole = { exchange: 'simulated', apiKey, secret, passphrase: '', keyType: 'hmac', owner: credential, at: Date.now() };
  const info = Buffer.from(`holdfast/seal/v1\0${vaultId}\0${ticket.ticket}`);
  const plain = Buffer.from(JSON.stringify(whole).padEnd(1024));
  const bytes = hpkeSeal(Buffer.from(ticket.publicKey, 'base64'), info, Buffer.from(`${credential}\0simulated`), plain);
  const done = await cli.ownerAct(
    {
      act: 'account-import',
      account: 'canary' as AccountId,
      exchange: 'simulated',
      ticket: ticket.ticket,
      sealed: bytes.toString('base64'),
      at: Date.now(),
    },
    owner,
  );
  assert.equal(done.kind, 'done', JSON.stringify(done));
  await until('the processes', async () => ((await signerPid()) > 0 ? true : undefined));
  const expected = { warden: 0, signer: 1, gate: 0, portal: 0, egress: 0 };
  const first = await copiesByProcess(secret);
  if (Object.values(first).includes(null)) {
    context.skip('this machine lets nobody read the memory of these processes, which is as it should be');
    return;
  }
  assert.deepEqual(first, expected);
  const before = await signerPid();
  process.kill(before, 'SIGKILL');
  await until('the signer again', async () => {
    const { accounts, processes } = await cli.status();
    const pid = processes.find(({ name }) => name === 'signer')?.pid ?? before;
    return pid !== before && accounts[0]?.connected === true ? true : undefined;
  });
  assert.deepEqual(await copiesByProcess(secret), expected);
});
