/**
 * What custody promises as numbers: copies of an exchange key's secret in the memory of all processes of the vault, packages
 * that signer and warden can reach, and the theft bound of the mandate that the portal proposes.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { type AccountId, amount, epochMs, type OwnerId, type Pair, proposeMandate } from '@holdfast/domain';
import { createKey } from '@holdfast/exchange/control';
import { worstLoss } from '@holdfast/policy';
import { credentialId } from '@holdfast/vault/client';
import { hpkeSeal } from '../apps/vault/src/crypto/hpke.ts';
import { type Instance, launch } from '../tests/vault/harness.ts';
import type { Row } from './rows/row.ts';

const readableBytesMax = 512 * 1024 * 1024;

/** Appearances in all writable memory of a process. @throws Error where the operating system lets nobody look */
function copiesIn(pid: number, wanted: Buffer): number {
  const descriptor = openSync(`/proc/${pid}/mem`, 'r');
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

/** Imports an HMAC key as an owner does, and counts its secret in every process of the vault. */
async function secretCopies({ cli, owner, exchange, data }: Instance): Promise<number> {
  const control = { url: `http://127.0.0.1:${exchange.port}`, data };
  const { apiKey, secret = '' } = await createKey(control, { type: 'hmac', ips: ['127.0.0.1'], credit: { USDT: '1000' } });
  const { vaultId } = await cli.status();
  const ticket = await cli.ticket();
  if ('kind' in ticket) throw new Error(ticket.reason);
  const credential = credentialId(owner);
  const whole = { exchange: 'simulated', apiKey, secret, passphrase: '', keyType: 'hmac', owner: credential, at: Date.now() };
  const info = Buffer.from(`holdfast/seal/v1\0${vaultId}\0${ticket.ticket}`);
  const plain = Buffer.from(JSON.stringify(whole).padEnd(1024));
  const sealed = hpkeSeal(Buffer.from(ticket.publicKey, 'base64'), info, Buffer.from(`${credential}\0simulated`), plain);
  const account = 'bench-import' as AccountId;
  const act = { act: 'account-import', account, exchange: 'simulated', ticket: ticket.ticket, at: Date.now() } as const;
  const done = await cli.ownerAct({ ...act, sealed: sealed.toString('base64') }, owner);
  if (done.kind !== 'done') throw new Error(JSON.stringify(done));
  const { processes } = await cli.status();
  return processes.reduce((sum, { pid }) => sum + copiesIn(pid, Buffer.from(secret)), 0);
}

const root = resolve(import.meta.dirname, '..');

/** Packages that the files reach which a process loads from its main file on: neither of Node nor of this tree. */
function packagesOf(main: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, type, specifier = ''] of text.matchAll(/\b(?:import|export)\s+(type\s+)?(?:[^'";]*?\bfrom\s+)?'([^']+)'/g)) {
      if (type !== undefined || specifier.startsWith('node:')) continue;
      if (specifier.startsWith('.')) visit(join(dirname(file), specifier));
      else if (specifier.startsWith('@holdfast/')) visit(createRequire(file).resolve(specifier));
      else packages.add(specifier);
    }
  };
  visit(join(root, main));
  if (seen.size < 10) throw new Error(`only ${seen.size} files were seen from ${main}`);
  return packages;
}

/** In percent of the account, of the mandate as the portal proposes it for two pairs. */
function theftShare(): number {
  const value = amount('20000');
  const pairs = [
    { pair: 'BTC/USDT' as Pair, price: amount('100000') },
    { pair: 'ETH/USDT' as Pair, price: amount('4000') },
  ];
  const facts = { account: 'main' as AccountId, owner: 'owner' as OwnerId, uid: 'u', seq: 1, prev: '', quote: 'USDT' as never };
  const { theft24h } = worstLoss(proposeMandate({ ...facts, now: epochMs(1_800_000_000_000), value, pairs }));
  return Number((theft24h * 1_000_000n) / value) / 10_000;
}

/** @throws Error where the operating system lets nobody read the memory of the vault's processes */
export async function run(): Promise<Row[]> {
  const row = (name: string, median: number, unit: string, aim: string, reached: boolean): Row => ({
    name: `vault: ${name}`,
    median,
    p99: null,
    unit,
    aim,
    reached,
  });
  const packages = new Set(['signer', 'warden'].flatMap((it) => [...packagesOf(`apps/vault/src/${it}/main.ts`)])).size;
  const share = theftShare();
  const instance = await launch();
  try {
    const copies = await secretCopies(instance);
    return [
      row('copies of a secret in memory', copies, 'copies', '1', copies === 1),
      row('packages in signer and warden', packages, 'packages', '0', packages === 0),
      row('theft bound of the proposed mandate, 24 h', share, '% of account', '<= 0.5 %', share <= 0.5),
    ];
  } finally {
    await instance.close();
  }
}
