/** Where the unseal key is in the memory of a running vault, looked for in all of it. Reads other processes: root on Linux. */
import assert from 'node:assert/strict';
import { hkdfSync } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectAccount, launch, newSubKey, order, priceNear, vaultOpen } from '../harness.ts';

const skip =
  existsSync('/proc/self/mem') && process.getuid?.() === 0 ? false : 'reads the memory of other processes: needs root on Linux';
const blockBytes = 1 << 22;

/** How often `needle` is in the readable memory of a process. Pages that are being taken away meanwhile are passed over. */
function copies(pid: number, needle: Buffer): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const block = Buffer.alloc(blockBytes);
  let found = 0;
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r.*?(\[vvar.*\]|\[vsyscall\])?$/.exec(line);
    if (match === null || match[3] !== undefined) continue;
    const [start, end] = [BigInt(`0x${match[1]}`), BigInt(`0x${match[2]}`)];
    for (let at = start; at < end; at += BigInt(blockBytes - needle.length + 1)) {
      const length = Number(end - at < BigInt(blockBytes) ? end - at : BigInt(blockBytes));
      try {
        const read = readSync(memory, block, 0, length, at);
        const seen = block.subarray(0, read);
        for (let hit = seen.indexOf(needle); hit !== -1; hit = seen.indexOf(needle, hit + 1)) found += 1;
      } catch {
        // not backed by memory
      }
    }
  }
  closeSync(memory);
  block.fill(0);
  return found;
}

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test('after trading, the unseal key is in warden and signer, once each, and nowhere else', { skip }, async (t) => {
  const instance = await launch();
  t.after(() => instance.close());
  await connectAccount(instance);
  await vaultOpen(instance);
  const bot = await newSubKey(instance);
  for (let n = 0; n < 20; n += 1) await instance.engine.subKey(bot).submit(order(`scan-${n}`, await priceNear(instance, 50n)));

  const key = readFileSync(join(instance.data, 'vault/unseal.key'));
  const { processes, vaultId } = await instance.cli.status();
  const found = Object.fromEntries(processes.map(({ name, pid }) => [name, copies(pid, key)]));
  assert.deepEqual(found, { warden: 1, signer: 1, gate: 0, portal: 0, egress: 0 });
  assert.equal(copies(instance.exchange.child.pid!, key), 0);

  // The seed of the vault's identity is derived and overwritten: the key object has it once, and nobody else.
  const seed = Buffer.from(hkdfSync('sha256', key, vaultId, 'holdfast/identity/v1', 32));
  for (const { name, pid } of processes)
    assert.ok(copies(pid, seed) <= (name === 'signer' ? 1 : 0), `${name} holds the identity's seed`);

  const holders = filesUnder(instance.data).filter((file) => readFileSync(file).includes(key));
  assert.deepEqual(holders, [join(instance.data, 'vault/unseal.key')]);
  const texts = [key.toString('hex'), key.toString('base64')];
  for (const file of filesUnder(instance.data)) for (const text of texts) assert.ok(!readFileSync(file).includes(text), file);
  for (const text of texts) assert.ok(!instance.vault.log().includes(text));
});
