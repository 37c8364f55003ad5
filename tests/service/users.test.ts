/** The programs of an installation under users of their own: they work together, and none reaches what is another's. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import type { VaultStatus } from '@holdfast/domain';
import { askWarden } from '@holdfast/vault/admin';
import { as, cannotPlay, ids, type Played, play } from './installed.ts';

const bin = resolve(import.meta.dirname, '../../bin/holdfast.mjs');

const skip = cannotPlay();
let played: Played;
before(async () => {
  if (skip === false) played = await play(10_100 + Math.floor(Math.random() * 9_000));
});
after(() => played?.stop());

type Name = keyof typeof ids;
const names = Object.keys(ids) as Name[];

/** Runs a shell line as one of the users; the exit code, and what it said. */
function shellAs(name: Name, line: string): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('setpriv', [...as(name), '/bin/sh', '-c', line], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '' },
  });
  return { code: status, said: `${stdout}${stderr}` };
}

interface Status {
  readonly processes: readonly { readonly name: string; readonly pid: number; readonly state: string }[];
  readonly protections: readonly { readonly name: string; readonly inForce: boolean; readonly text: string }[];
}
const vault = async (): Promise<Status & VaultStatus> =>
  (await askWarden(played.installation.data, { do: 'status' })) as Status & VaultStatus;
const signerPid = (): number =>
  Number(
    globSync('/proc/[0-9]*')
      .find((folder) => isSigner(folder))
      ?.slice('/proc/'.length),
  );
const isSigner = (folder: string): boolean => {
  try {
    return readFileSync(`${folder}/cmdline`, 'utf8').includes(`--allow-fs-write=${played.installation.data}/vault/signer/*`);
  } catch {
    return false;
  }
};

test('each program runs as its own user, and the page of the whole answers', { skip }, async () => {
  for (const name of names) {
    const status = readFileSync(`/proc/${played.children[name].pid}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\\s+${ids[name]}\\s+${ids[name]}\\s`, 'm'), name);
    assert.match(status, /^NoNewPrivs:\s+1$/m, name);
  }
  const base = `http://127.0.0.1:${played.installation.ports.dashboard}`;
  const answer = (await (await fetch(`${base}/api/status`)).json()) as {
    vault: { state: string };
    processes: { name: string; state: string }[];
  };
  assert.equal(answer.vault.state, 'open');
  const bots = await fetch(`${base}/api/bots`);
  assert.equal(bots.status, 200, 'the server reads the database of the engine');
});

test('the server asks the engine at its socket', { skip }, async () => {
  const base = `http://127.0.0.1:${played.installation.ports.dashboard}`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${'ab'.repeat(32)}` };
  const answer = await fetch(`${base}/api/bots/unknown/stop`, { method: 'POST', headers, body: '{}' });
  const { error } = (await answer.json()) as { error?: { code: string } };
  assert.notEqual(error?.code, 'engine-unreachable', JSON.stringify(error));
  assert.ok(error !== undefined);
});

const theirs: readonly (readonly [Name, string])[] = [
  ['engine', 'vault/vault.json'],
  ['engine', 'vault/unseal.key'],
  ['engine', 'owner/owner.key'],
  ['engine', 'peers/cli.key'],
  ['engine', 'peers/engine.key'],
  ['engine', 'exchange/control.token'],
  ['engine', 'cli.token'],
  ['server', 'vault/unseal.key'],
  ['server', 'peers/server.key'],
  ['server', 'exchange/exchange.db'],
  ['exchange', 'vault/unseal.key'],
  ['exchange', 'engine/engine.db'],
  ['vault', 'engine/engine.db'],
  ['strategies', 'engine/engine.db'],
  ['strategies', 'cli.token'],
  ['backtests', 'engine/engine.db'],
  ['backtests', 'webhook/webhook.db'],
  ['webhook', 'vault/unseal.key'],
  ['webhook', 'cli.token'],
  ['webhook', 'engine/engine.db'],
  ['engine', 'webhook/webhook.db'],
];
for (const [name, path] of theirs)
  test(`the user of the ${name} cannot read ${path}`, { skip }, () => {
    const file = join(played.installation.data, path);
    assert.ok(existsSync(file), `${file} is there`);
    const { code, said } = shellAs(name, `cat '${file}' > /dev/null`);
    assert.notEqual(code, 0);
    assert.match(said, /Permission denied/);
  });

test('the server reads the database of the engine and cannot write it, its own folder it can', { skip }, () => {
  const { data } = played.installation;
  assert.equal(shellAs('server', `cat '${data}/engine/engine.db' > /dev/null`).code, 0);
  for (const file of ['engine.db', 'engine.db-wal', 'engine.db-shm', 'new'])
    assert.notEqual(shellAs('server', `true >> '${data}/engine/${file}'`).code, 0, file);
  assert.equal(shellAs('server', `true > '${data}/server/own'`).code, 0);
});

test('a message is handed to the engine at its socket, and the server reads what became of it', { skip }, async () => {
  const { data, ports } = played.installation;
  const holdfast = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args, '--data', data, '--json'], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as { alerts: { dca: string } };
  };
  const { alerts } = holdfast('signal', 'token', 'make', '--bot', 'gone');
  const url = `http://127.0.0.1:${played.installation.webhook?.port}/trade_signal/trading_view`;
  const answer = await fetch(url, { method: 'POST', body: alerts.dca });
  assert.equal(answer.status, 200, await answer.clone().text());
  let outcome: { code: string | null } | undefined;
  for (let i = 0; i < 50 && outcome?.code !== 'signal-bot-unknown'; i++) {
    await new Promise((done) => setTimeout(done, 100));
    const read = await fetch(`http://127.0.0.1:${ports.dashboard}/api/signals`);
    outcome = ((await read.json()) as { signals: { code: string | null }[] }).signals[0];
  }
  assert.equal(outcome?.code, 'signal-bot-unknown', 'the engine has answered, and the server has read it');
});

test('the user of the listener reaches the door for signals and no other socket of the engine', { skip }, () => {
  const { data, runtime } = played.installation;
  const asked = JSON.stringify(`${JSON.stringify({ id: 'x', command: 'bot-list' })}\n`);
  const answerAt = (path: string): string => {
    const dial = `const s = require('node:net').connect(${JSON.stringify(path)}, () => s.write(${asked}));
      s.once('data', (said) => { console.log(String(said)); s.destroy(); }).once('error', ({ code }) => console.log(code))`;
    return spawnSync('setpriv', [...as('webhook'), runtime, '-e', dial], { encoding: 'utf8', env: {}, cwd: '/' }).stdout;
  };
  assert.match(answerAt(join(data, 'engine/engine.sock')), /^EACCES/);
  assert.match(answerAt(join(data, 'signals/door.sock')), /"code":"command-malformed"/);
});

test('a strategy is loaded and a backtest asked for across the users', { skip }, async () => {
  const base = `http://127.0.0.1:${played.installation.ports.dashboard}`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${'ab'.repeat(32)}` };
  const source = readFileSync(join(played.installation.code, 'docs/examples/strategy.ts'), 'utf8');
  const added = await fetch(`${base}/api/strategies`, { method: 'POST', headers, body: JSON.stringify({ source }) });
  assert.equal(added.status, 200, await added.clone().text());
  const asked = await fetch(`${base}/api/backtests`, { method: 'POST', headers, body: '{}' });
  assert.ok(asked.status < 500, await asked.text());
});

test('a helper of sweeps is of the user of backtests, who asks it at its socket', { skip }, () => {
  const { data, runtime } = played.installation;
  const status = readFileSync(`/proc/${played.children['backtests-1'].pid}/status`, 'utf8');
  assert.match(status, new RegExp(`^Uid:\\s+${ids.backtests}\\s+${ids.backtests}\\s`, 'm'));
  const path = join(data, 'backtests/b1.sock');
  // Of a sweep that is not there: it hangs up. Others do not get that far.
  const dial = `const s = require('node:net').connect(${JSON.stringify(path)}, () => s.write('{"do":"work","id":"none"}\\n'));
    s.once('close', () => console.log('closed')).once('error', ({ code }) => console.log(code)).resume()`;
  const answerTo = (name: Name): string =>
    spawnSync('setpriv', [...as(name), runtime, '-e', dial], { encoding: 'utf8', env: {}, cwd: '/', timeout: 20_000 }).stdout;
  assert.match(answerTo('backtests'), /^closed/);
  assert.match(answerTo('webhook'), /^EACCES/);
});

test('no user moves the folder of another or changes code or runtime', { skip }, () => {
  const { data, code, runtime } = played.installation;
  for (const name of names) {
    for (const other of names.filter((each) => each !== name))
      assert.notEqual(shellAs(name, `mv '${data}/${other}' '${data}/moved'`).code, 0, `${name} moves ${other}`);
    assert.notEqual(shellAs(name, `true >> '${code}/package.json'`).code, 0, name);
    assert.notEqual(shellAs(name, `true >> '${runtime}'`).code, 0, name);
    assert.notEqual(shellAs(name, `cat '${runtime}' > /dev/null`).code, 0, `${name} reads the runtime`);
  }
});

test('the environment of every program is empty but for where its files are', { skip }, () => {
  for (const name of names) {
    const variables = readFileSync(`/proc/${played.children[name].pid}/environ`, 'utf8')
      .split('\0')
      .filter((it) => it !== '');
    assert.deepEqual(
      variables.map((it) => it.split('=')[0]),
      name === 'engine' || name === 'server' ? ['CREDENTIALS_DIRECTORY'] : [],
      name,
    );
  }
});

const closed: Readonly<Record<string, (pid: number) => string>> = {
  'reading its memory': (pid) => `dd if=/proc/${pid}/mem of=/dev/null bs=1 count=1`,
  'reading its memory map': (pid) => `cat /proc/${pid}/maps`,
  'reading its environment': (pid) => `cat /proc/${pid}/environ`,
  'listing its descriptors': (pid) => `ls /proc/${pid}/fd/`,
  'opening one of its streams': (pid) => `cat /proc/${pid}/fd/5`,
};
for (const [what, line] of Object.entries(closed))
  test(`a program of the vault's own user is refused: ${what}`, { skip }, () => {
    const pid = signerPid();
    assert.ok(pid > 0, 'the signer runs');
    const { code, said } = shellAs('vault', line(pid));
    assert.notEqual(code, 0);
    assert.match(said, /Permission denied|Operation not permitted/);
    const own = shellAs('vault', line(pid).replaceAll(String(pid), 'self'));
    if (what !== 'reading its memory' && what !== 'opening one of its streams')
      assert.equal(own.code, 0, `works where nothing forbids it: ${own.said}`);
  });

test('the vault reports what is in force here', { skip }, async () => {
  const { protections } = await vault();
  const inForce = Object.fromEntries(protections.map(({ name, inForce: is }) => [name, is]));
  for (const name of ['users', 'memory', 'tracing', 'core-dumps', 'runtime', 'privileges'])
    assert.equal(inForce[name], true, `${name}: ${JSON.stringify(protections)}`);
  const own = spawnSync('setpriv', [...as('vault'), 'unshare', '--user', '--map-current-user', '--net', '--', '/bin/true']);
  assert.equal(inForce.network, own.status === 0, 'the network of the signer is apart where the system lets us');
  assert.equal(inForce['unseal-key'], false, 'a simulated vault keeps its key beside its data');
});
