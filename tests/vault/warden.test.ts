/** How the vault starts, refuses to start and stops: one line, the documented exit code, nothing damaged. */
import assert from 'node:assert/strict';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { begin, newFolder, peer, type Running, startVault, stop, until, vaultMain } from './harness.ts';

const folders: string[] = [];
const folder = (): string => {
  folders.push(newFolder());
  return folders.at(-1)!;
};
after(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

/** The port of an exchange that is not there. */
const noExchange = 9;
const args = (data: string, port = '0'): string[] => [
  '--data',
  data,
  '--port',
  port,
  '--exchange',
  `http://127.0.0.1:${noExchange}`,
  '--simulated',
];

/** Starts a vault that must not start: its exit code and last line. */
async function refused(...options: string[]): Promise<{ code: number | null; line: string }> {
  const { child, exit, ready, log } = begin(vaultMain, options);
  const port = await ready;
  child.kill('SIGKILL');
  assert.equal(port, undefined, 'it started');
  const code = await exit;
  return { code, line: log().trim().split('\n').at(-1) ?? '' };
}

/** A vault that was made and stopped. */
async function made(): Promise<string> {
  const data = folder();
  assert.equal(await stop(await startVault(data, noExchange)), 0);
  return data;
}

let running: Running;
let home: string;
before(async () => {
  home = folder();
  running = await startVault(home, noExchange);
});
after(() => stop(running));

test('the first start makes a vault whose files nobody else can read', () => {
  for (const name of ['vault', 'vault/signer', 'peers', 'owner'])
    assert.equal(statSync(join(home, name)).mode & 0o777, 0o700, name);
  const files = [
    'vault/vault.json',
    'vault/unseal.key',
    'owner/owner.key',
    'peers/engine.key',
    'peers/server.key',
    'peers/cli.key',
  ];
  for (const name of files) assert.equal(statSync(join(home, name)).mode & 0o777, 0o600, name);
  const { kind, vaultId } = JSON.parse(readFileSync(join(home, 'vault/vault.json'), 'utf8')) as Record<string, string>;
  assert.equal(kind, 'simulated');
  assert.match(vaultId ?? '', /^[0-9a-f]{32}$/);
});

test('a second vault on the same folder ends with 75', async () => {
  const { code, line } = await refused(...args(home));
  assert.equal(code, 75, line);
  assert.match(line, /^warden: a vault already runs here as process \d+; /);
});

test('a taken port ends with 69 and leaves no lock', async () => {
  const data = folder();
  const { code, line } = await refused(...args(data, String(running.port)));
  assert.equal(code, 69, line);
  assert.match(line, new RegExp(`^warden: port ${running.port} cannot be used`));
  await stop(await startVault(data, noExchange));
});

test('wrong options end with 64: no folder, a real vault, an exchange elsewhere, an unknown option', async () => {
  const data = folder();
  assert.equal((await refused('--simulated')).code, 64);
  assert.equal((await refused('--data', data)).code, 64);
  assert.equal((await refused('--data', data, '--simulated', '--exchange', 'https://api.binance.com')).code, 64);
  assert.equal((await refused('--data', data, '--simulated', '--exchange', 'http://127.0.0.1.evil.example:80')).code, 64);
  assert.equal((await refused('--data', data, '--simulated', '--verbose')).code, 64);
});

test('a data directory that cannot be made ends with 73', async () => {
  const { code, line } = await refused(...args('/dev/null/data'));
  assert.equal(code, 73, line);
  assert.match(line, /cannot use the data directory \/dev\/null\/data/);
});

test('a newer vault ends with 76, a damaged one with 65, each untouched', async () => {
  const data = await made();
  const file = join(data, 'vault/vault.json');
  const good = readFileSync(file, 'utf8');
  for (const [text, expected] of [
    [good.replace('"v": 2', '"v": 3'), 76],
    [good.slice(0, 20), 65],
    [good.replace('simulated', 'real'), 65],
    [good.replace(/"vaultId": "[^"]*"/, '"vaultId": ""'), 65],
  ] as const) {
    writeFileSync(file, text);
    const { code, line } = await refused(...args(data));
    assert.equal(code, expected, line);
    assert.match(line, /vault\.json/);
    assert.equal(readFileSync(file, 'utf8'), text);
  }
  writeFileSync(file, good);
  assert.equal(await stop(await startVault(data, noExchange)), 0);
});

test('a damaged journal ends with 65 and the line of the signer', async () => {
  const data = await made();
  const file = join(data, 'vault/signer/journal.log');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"epoch":1/, '"epoch":7'));
  const { code, line } = await refused(...args(data));
  assert.equal(code, 65, line);
  assert.match(line, /journal\.log/);
});

test('a missing unseal key ends with 65, and no new one is made', async () => {
  const data = await made();
  const file = join(data, 'vault/unseal.key');
  unlinkSync(file);
  const { code, line } = await refused(...args(data));
  assert.equal(code, 65, line);
  assert.match(line, /unseal\.key is missing/);
  assert.throws(() => statSync(file));
});

test('a journal without vault.json is not taken for a new vault', async () => {
  const data = await made();
  unlinkSync(join(data, 'vault/vault.json'));
  assert.equal((await refused(...args(data))).code, 65);
});

test('links and open permissions inside the vault end with 65', async () => {
  const data = await made();
  const signer = join(data, 'vault/signer');
  writeFileSync(join(data, 'elsewhere'), 'x', { mode: 0o600 });
  const tries: Record<string, () => void> = {
    'a symbolic link': () => symlinkSync('/etc', join(signer, 'extra')),
    'a hard link': () => linkSync(join(data, 'elsewhere'), join(signer, 'extra')),
    'a readable file': () => {
      writeFileSync(join(signer, 'extra'), 'x');
      chmodSync(join(signer, 'extra'), 0o644);
    },
    'an open folder': () => {
      mkdirSync(join(signer, 'extra'));
      chmodSync(join(signer, 'extra'), 0o755);
    },
  };
  for (const [name, make] of Object.entries(tries)) {
    make();
    const { code, line } = await refused(...args(data));
    assert.equal(code, 65, `${name}: ${line}`);
    assert.match(line, /extra/);
    rmSync(join(signer, 'extra'), { recursive: true });
  }
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const ends: Readonly<Record<string, (vault: Running) => void>> = {
  'its parent is gone': ({ child }: Running) => void child.stdin!.end(),
  'SIGTERM asks it to': ({ child }: Running) => void child.kill('SIGTERM'),
  'it is killed': ({ child }: Running) => void child.kill('SIGKILL'),
};
for (const [name, end] of Object.entries(ends)) {
  test(`the vault ends with all its processes when ${name}, and starts again at once`, async () => {
    const data = folder();
    const vault = await startVault(data, noExchange);
    const { processes } = await peer(data, vault.port, 'cli').status();
    assert.equal(processes.length, 5);
    end(vault);
    assert.equal(await vault.exit, name === 'it is killed' ? null : 0);
    const again = await startVault(data, noExchange, vault.port);
    await until('the end of the old processes', () => (processes.some(({ pid }) => isAlive(pid)) ? undefined : true), 5000);
    await stop(again);
  });
}
