import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type SignedClient, signedClient } from '../../../tests/clients/signed-client.ts';
import { createKey } from './control.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const folder = (): string => mkdtempSync(join(tmpdir(), 'holdfast-restart-'));

interface Started {
  readonly process: ChildProcess;
  readonly url: string;
}
interface Failed {
  readonly code: number | null;
  readonly stderr: string;
}

function start(args: readonly string[]): Promise<Started | Failed> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, '--port', '0', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  return new Promise((resolve) => {
    child.stdout.once('data', (line) => resolve({ process: child, url: JSON.parse(String(line)).url }));
    child.once('exit', (code) => resolve({ code, stderr }));
  });
}

async function started(args: readonly string[]): Promise<Started> {
  const result = await start(args);
  if ('url' in result) return result;
  throw new Error(`exit ${result.code}: ${result.stderr}`);
}

const gone = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('exit', resolve));

async function kill(exchange: Started): Promise<void> {
  const end = gone(exchange.process);
  exchange.process.kill('SIGKILL');
  await end;
}

const market = { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '0.001' };
const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.001', price: '50000' };

/** Places orders one after the other until the exchange is gone; notes the ids of those that were answered. */
async function placeUntilGone(client: SignedClient, answered: number[]): Promise<void> {
  try {
    for (let i = 0; i < 90; i++) {
      const { status, body } = await client.send('POST', '/api/v3/order', i % 3 === 2 ? market : order);
      if (status === 200) answered.push(body.orderId);
    }
  } catch {
    // It is gone.
  }
}

test('killed in the middle of orders, it knows after the restart every order that it had answered', async (t) => {
  const data = folder();
  const args = ['--data', data, '--seed', '3'];
  let exchange = await started(args);
  t.after(() => kill(exchange));
  const { apiKey, secret } = await createKey({ url: exchange.url, data }, { type: 'hmac', credit: { USDT: '1000000' } });
  const answered: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = answered.length;
    const flow = placeUntilGone(signedClient(exchange.url, apiKey, secret as string), answered);
    while (answered.length < before + 5 + 3 * round) await new Promise((resolve) => setTimeout(resolve, 5));
    await kill(exchange);
    await flow;
    exchange = await started(args);
  }
  assert.ok(answered.length > 10, `${answered.length} orders`);
  const client = signedClient(exchange.url, apiKey, secret as string);
  const known = new Set<number>(
    (await client.send('GET', '/api/v3/allOrders', { symbol: 'BTCUSDT', limit: 1000 })).body.map(
      (each: { orderId: number }) => each.orderId,
    ),
  );
  assert.deepEqual(
    answered.filter((id) => !known.has(id)),
    [],
  );
  const open = (await client.send('GET', '/api/v3/openOrders', { symbol: 'BTCUSDT' })).body as {
    origQty: string;
    price: string;
  }[];
  const reserved = open.reduce((sum, each) => sum + Number(each.origQty) * Number(each.price), 0);
  const { balances } = (await client.send('GET', '/api/v3/account')).body as { balances: { asset: string; locked: string }[] };
  assert.equal(Number(balances.find((each) => each.asset === 'USDT')?.locked), Number(reserved.toFixed(8)));
});

test('a restart goes on with the tape where it was', async (t) => {
  const data = folder();
  const args = ['--data', data, '--seed', '3', '--speed', '100'];
  let exchange = await started(args);
  t.after(() => kill(exchange));
  await new Promise((resolve) => setTimeout(resolve, 1300));
  const clock = async (): Promise<number> => ((await (await fetch(`${exchange.url}/sim/clock`)).json()) as { now: number }).now;
  const before = await clock();
  const end = gone(exchange.process);
  exchange.process.kill('SIGTERM');
  assert.equal(await end, 0);
  exchange = await started(args);
  const later = await clock();
  assert.ok(later >= before && later < before + 60_000, `${later - before} ms later`);
});

test('it stops when its parent closes stdin', async () => {
  const exchange = await started(['--data', folder()]);
  const end = gone(exchange.process);
  exchange.process.stdin?.end();
  assert.equal(await end, 0);
});

const refusal = async (args: readonly string[]): Promise<Failed> => {
  const result = await start(args);
  if ('code' in result) return result;
  await kill(result);
  return { code: null, stderr: 'started' };
};
const oneLine = (text: string): RegExp => new RegExp(`^exchange: .*${text}.*\\n$`);

test('a second exchange on the same data is refused with 75', async (t) => {
  const data = folder();
  const exchange = await started(['--data', data]);
  t.after(() => kill(exchange));
  const { code, stderr } = await refusal(['--data', data]);
  assert.equal(code, 75);
  assert.match(stderr, oneLine('another exchange runs on this data directory'));
});

test('a damaged database is refused with 65, and left as it is', async () => {
  const data = folder();
  mkdirSync(join(data, 'exchange'));
  const file = join(data, 'exchange', 'exchange.db');
  writeFileSync(file, 'this is no database, but long enough to be looked at as one'.repeat(100));
  const before = readFileSync(file);
  const { code, stderr } = await refusal(['--data', data]);
  assert.equal(code, 65);
  assert.match(stderr, oneLine('is damaged'));
  assert.deepEqual(readFileSync(file), before);
});

test('a data directory that cannot be made is refused with 73', async () => {
  const file = join(folder(), 'a-file');
  writeFileSync(file, '');
  const { code, stderr } = await refusal(['--data', join(file, 'data')]);
  assert.equal(code, 73);
  assert.match(stderr, oneLine('cannot be written'));
});

test('a taken port is refused with 69', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const { code, stderr } = await refusal(['--data', folder(), '--port', String(port)]);
  assert.equal(code, 69);
  assert.match(stderr, oneLine(`port ${port} is taken`));
});

test('another tape on existing data is refused with 64, as are options that make no sense', async (t) => {
  const data = folder();
  const tape = join(folder(), 'BINANCE-BTC-USDT-1m.20250520.csv');
  writeFileSync(tape, 'time_ms,open,high,low,close,volume\n1747699200000,100,110,90,105,3\n');
  const first = await started(['--data', data, '--tape', tape]);
  await kill(first);
  const without = await refusal(['--data', data]);
  assert.equal(without.code, 64);
  assert.match(without.stderr, oneLine('give that --tape'));
  writeFileSync(tape, 'time_ms,open,high,low,close,volume\n1747699200000,100,110,90,106,3\n');
  const other = await refusal(['--data', data, '--tape', tape]);
  assert.equal(other.code, 64);
  assert.match(other.stderr, oneLine('holds an exchange that plays'));
  assert.equal((await refusal(['--data', folder(), '--speed', 'fast'])).code, 64);
  assert.equal((await refusal(['--colour', 'red'])).code, 64);
  t.diagnostic('refused without touching the data');
});
