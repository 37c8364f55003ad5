/**
 * Where the secret of an imported key is after all that happens to it: connecting, trading, refusals, a signer that came back,
 * with every program that can be made to talk talking as much as it can. Once in the signer; nowhere else, in no spelling.
 * The simulated exchange made the secret and checks signatures with it, so it and its folder are not looked into.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { createKey } from '@holdfast/exchange/control';
import { connectVault, credentialId } from '@holdfast/vault/client';
import { flagsOf } from '../../apps/cli/src/up/confinement.ts';
import { hpkeSeal } from '../../apps/vault/src/crypto/hpke.ts';
import {
  account,
  exchangeTime,
  type Instance,
  lastPrice,
  mandate,
  newFolder,
  newSubKey,
  order,
  peer,
  priceNear,
  start,
  stop,
  until,
  vaultOpen,
} from './harness.ts';

const root = resolve(import.meta.dirname, '../..');
const skip =
  existsSync('/proc/self/mem') && process.getuid?.() === 0 ? false : 'reads the memory of other processes: needs root on Linux';
const everything = { NODE_DEBUG: 'http,https,net,tls,undici,fetch,websocket,child_process' };
const jsonOf = (value: unknown): string => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each));
const regionBytesMax = 512 * 1024 * 1024;

interface Talking {
  readonly child: ChildProcess;
  readonly port: number;
  readonly said: () => string;
}

/** Starts a main file with the runtime's own debugging switched on, and keeps all that it says. */
async function startTalking(main: string, flags: readonly string[], args: readonly string[]): Promise<Talking> {
  const child = spawn(process.execPath, [...flags, join(root, main), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: everything,
  });
  child.stdin.on('error', () => {});
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
    });
  const port = await new Promise<number>((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{"ready":true')) done((JSON.parse(line) as { port?: number }).port ?? 0);
    });
    child.once('exit', (code) => fail(new Error(`${main} ended with ${code}: ${said.slice(-2000)}`)));
  });
  return { child, port, said: () => said };
}

/** A secret in the spellings in which it could leave. */
const spellings = (secret: string): readonly Buffer[] => {
  const raw = Buffer.from(secret);
  return [
    raw,
    ...(['hex', 'base64', 'base64url'] as const).map((form) => Buffer.from(raw.toString(form))),
    Buffer.from(secret, 'utf16le'),
  ];
};
const times = (bytes: Buffer, wanted: readonly Buffer[]): number => {
  let found = 0;
  for (const each of wanted) for (let at = bytes.indexOf(each); at !== -1; at = bytes.indexOf(each, at + 1)) found += 1;
  return found;
};

/** Appearances in all readable memory of a process. */
function copiesIn(pid: number, wanted: readonly Buffer[]): number {
  const descriptor = openSync(`/proc/${pid}/mem`, 'r');
  let copies = 0;
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, first = '', end = ''] = /^([0-9a-f]+)-([0-9a-f]+) r(?!.*\[v)/.exec(line) ?? [];
    const [from, length] = [Number.parseInt(first, 16), Number.parseInt(end, 16) - Number.parseInt(first, 16)];
    if (first === '' || length > regionBytesMax) continue;
    const bytes = Buffer.alloc(length);
    try {
      copies += times(bytes.subarray(0, readSync(descriptor, bytes, 0, length, from)), wanted);
    } catch {
      // unmapped meanwhile, or not memory
    }
  }
  closeSync(descriptor);
  return copies;
}

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

async function importAccount({ cli, owner, exchange, data }: Instance): Promise<string> {
  const control = { url: `http://127.0.0.1:${exchange.port}`, data };
  const { apiKey, secret = '' } = await createKey(control, { type: 'hmac', ips: ['127.0.0.1'], credit: { USDT: '100000' } });
  const { vaultId } = await cli.status();
  const ticket = await cli.ticket();
  if ('kind' in ticket) throw new Error(ticket.reason);
  const credential = credentialId(owner);
  const whole = { exchange: 'simulated', apiKey, secret, passphrase: '', keyType: 'hmac', owner: credential, at: Date.now() };
  const info = Buffer.from(`holdfast/seal/v1\0${vaultId}\0${ticket.ticket}`);
  const sealed = hpkeSeal(
    Buffer.from(ticket.publicKey, 'base64'),
    info,
    Buffer.from(`${credential}\0simulated`),
    Buffer.from(JSON.stringify(whole).padEnd(1024)),
  ).toString('base64');
  const act = { act: 'account-import', account, exchange: 'simulated', ticket: ticket.ticket, sealed, at: Date.now() } as const;
  const done = await cli.ownerAct(act, owner);
  assert.equal(done.kind, 'done', JSON.stringify(done));
  return secret;
}

async function signMandate(instance: Instance): Promise<void> {
  const { uid } = (await instance.cli.status()).accounts[0]!;
  const wanted = mandate((await exchangeTime(instance)) + 30 * 86_400_000, await lastPrice(instance), { uid });
  const done = await instance.cli.ownerAct({ act: 'mandate', mandate: wanted, at: Date.now() }, instance.owner);
  assert.equal(done.kind, 'done', JSON.stringify(done));
}

/** Orders that pass, and every kind of no: of the door, the judge and the exchange. Returns all that was answered. */
async function tradeAndFail(instance: Instance, gate: string): Promise<string> {
  const bot = await newSubKey(instance);
  const [good, forged] = [instance.engine.subKey(bot), instance.engine.subKey({ id: bot.id, secret: '00'.repeat(32) })];
  const answers: unknown[] = [];
  const keep = async (act: () => Promise<unknown>): Promise<void> =>
    void answers.push(await act().catch((error: Error) => `${error.name} ${error.message} ${error.stack}`));
  for (let n = 0; n < 10; n += 1) {
    const [near, far] = [await priceNear(instance, 50n), await priceNear(instance, -5000n)];
    await keep(() => good.submit(order(`canary-${n}`, near, { order: 'ioc' })));
    await keep(() => good.submit(order(`far-${n}`, far)));
    await keep(() => forged.submit(order(`forged-${n}`, near)));
    await keep(() => good.submit(order(`huge-${n}`, near, { quantity: (10n ** 24n) as never })));
  }
  for (const [method, path, body] of [
    ['POST', '/v1/intents', '{"secret":'],
    ['GET', '/api/v3/account?signature=00', undefined],
    ['POST', '/sapi/v1/capital/withdraw/apply', 'a=b'],
    ['GET', '/../vault.json', undefined],
  ] as const)
    await keep(async () => (await fetch(`${gate}${path}`, { method, ...(body === undefined ? {} : { body }) })).text());
  return jsonOf(answers);
}

test('the secret of an imported key stands once in the signer and nowhere else, however much is said', {
  skip,
  timeout: 600_000,
}, async (t) => {
  const data = newFolder();
  const exchange = await start('apps/exchange/src/main.ts', ['--data', data, '--port', '0', '--seed', '7', '--speed', '10']);
  t.after(async () => {
    await stop(exchange);
    rmSync(data, { recursive: true, force: true });
  });
  const market = `http://127.0.0.1:${exchange.port}`;
  const talking: Talking[] = [];
  t.after(async () => {
    for (const { child } of talking.toReversed()) {
      const gone = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await gone;
    }
  });
  const common = ['--disable-sigusr1', '--disable-warning=ExperimentalWarning'];
  const vault = await startTalking('apps/vault/src/warden/main.ts', common, [
    '--data',
    data,
    '--port',
    '0',
    '--exchange',
    market,
    '--simulated',
  ]);
  talking.push(vault);
  const gate = `http://127.0.0.1:${vault.port}`;
  const [cli, engineClient] = [peer(data, vault.port, 'cli'), peer(data, vault.port, 'engine')];
  t.after(() => {
    for (const client of [cli, engineClient]) client.close();
  });
  const owner = createPrivateKey(readFileSync(join(data, 'owner/owner.key')));
  const instance = { data, exchange, cli, engine: engineClient, owner } as unknown as Instance;

  await until('the vault', async () => (await cli.status()).vaultId);
  const secret = await importAccount(instance);
  assert.ok(secret.length >= 32);
  await signMandate(instance);
  const apps = ['--data', data, '--vault', gate, '--exchange', market];
  talking.push(await startTalking('apps/engine/src/main.ts', flagsOf('engine', data, []), [...apps, '--account', account]));
  const server = await startTalking('apps/server/src/main.ts', flagsOf('server', data, []), [...apps, '--port', '0']);
  talking.push(server);
  await vaultOpen(instance);
  const answers = [await tradeAndFail(instance, gate)];
  assert.match(answers[0] ?? '', /approved/);
  assert.match(answers[0] ?? '', /E_SIG/);
  for (const path of ['', 'api/status', 'api/bots', 'api/verdicts', 'api/fills', 'api/openapi.json', 'api/nothing'])
    answers.push(await (await fetch(`http://127.0.0.1:${server.port}/${path}`)).text());
  answers.push(jsonOf(await cli.status()), jsonOf(await cli.verdicts(500)));

  const wanted = spellings(secret);
  const look = async (): Promise<Record<string, number>> => {
    const { processes } = await cli.status();
    const rows = [
      ...processes.map(({ name, pid }) => [name, pid] as const),
      ['engine', talking[1]?.child.pid ?? 0] as const,
      ['server', server.child.pid ?? 0] as const,
    ];
    return Object.fromEntries(rows.map(([name, pid]) => [name, copiesIn(pid, wanted)]));
  };
  const expected = { warden: 0, signer: 1, gate: 0, portal: 0, egress: 0, engine: 0, server: 0 };
  assert.deepEqual(await look(), expected);
  assert.ok(copiesIn(exchange.child.pid!, wanted) > 0, 'the exchange has it, so the search finds what is there');

  const { processes } = await cli.status();
  const before = processes.find(({ name }) => name === 'signer')?.pid ?? 0;
  process.kill(before, 'SIGKILL');
  await until('the signer again', async () => {
    const now = await cli.status();
    const pid = now.processes.find(({ name }) => name === 'signer')?.pid ?? before;
    return pid !== before && now.accounts[0]?.connected === true ? true : undefined;
  });
  answers.push(
    await tradeAndFail(
      {
        ...instance,
        engine: connectVault({
          url: gate,
          key: { id: 'engine', secret: readFileSync(join(data, 'peers/engine.key'), 'utf8').trim() },
        }),
      },
      gate,
    ),
  );
  assert.deepEqual(await look(), expected);

  for (const file of filesUnder(data).filter((path) => !path.startsWith(join(data, 'exchange'))))
    assert.equal(times(readFileSync(file), wanted), 0, file);
  for (const { said } of talking) {
    assert.ok(said().length > 0);
    assert.equal(times(Buffer.from(said()), wanted), 0, 'what a program says');
  }
  assert.match(server.said(), /^(HTTP|NET|UNDICI|FETCH) \d+/m, 'the debugging of the runtime is on');
  for (const answer of answers) assert.equal(times(Buffer.from(answer), wanted), 0, 'an answer');
});
