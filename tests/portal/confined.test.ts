/** What the portal's process may touch: its own source, the frames and the domain; nothing of the data directory. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { newFolder, peer, type Running, startVault, stop } from '../vault/harness.ts';

const skip = existsSync('/proc/self') ? false : 'needs /proc';
const noExchange = 9;
const data = newFolder();
let vault: Running;
let pid: number;
before(async () => {
  vault = await startVault(data, noExchange);
  const client = peer(data, vault.port, 'cli');
  pid = (await client.status()).processes.find(({ name }) => name === 'portal')?.pid ?? 0;
  client.close();
});
after(async () => {
  await stop(vault);
  rmSync(data, { recursive: true, force: true });
});

const listOf = (name: string): string[] =>
  readFileSync(`/proc/${pid}/${name}`, 'utf8')
    .split('\0')
    .filter((it) => it !== '');

test('it runs under the permission model, reads no secret and writes nothing', { skip }, () => {
  assert.ok(pid > 0);
  const flags = listOf('cmdline');
  for (const needed of ['--permission', '--no-addons', '--disable-sigusr1', '--no-experimental-sqlite'])
    assert.ok(flags.includes(needed), needed);
  const reads = flags.filter((it) => it.startsWith('--allow-fs-read='));
  assert.ok(reads.length > 3);
  for (const read of reads) {
    assert.ok(!read.includes(data), read);
    assert.match(
      read,
      /\/(apps\/vault\/(package\.json|src\/(frames|portal)\/\*)|packages\/domain\/(package\.json|src(\/\*)?)|node_modules\/@holdfast\/domain)$/,
    );
  }
  assert.deepEqual(
    flags.filter((it) => /^--allow-/.test(it) && !it.startsWith('--allow-fs-read=')),
    ['--allow-net'],
  );
});

test('its environment has the channel of the listening ports alone, and no file of the vault is open in it', { skip }, () => {
  const names = listOf('environ').map((it) => it.split('=')[0]);
  assert.deepEqual(names.sort(), ['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE']);
  const open = readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
  assert.ok(open.length > 4);
  assert.deepEqual(
    open.filter((it) => it.startsWith(data)),
    [],
  );
});
