/** A posted alert, through the listener, the engine, the vault and the simulated exchange: exactly one order. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { webhookPaths } from '@holdfast/contracts';
import { openEngineQueries } from '@holdfast/storage';
import { connectVault } from '@holdfast/vault/client';
import { type Stack, startStack } from '../../packages/testkit/src/stack.ts';

const main = resolve(import.meta.dirname, '../../apps/cli/src/main.ts');
const run = promisify(execFile);
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const vaultProcesses = async (gate: string, dir: string) => {
  const vault = connectVault({
    url: gate,
    key: { id: 'cli', secret: readFileSync(join(dir, 'peers', 'cli.key'), 'utf8').trim() },
  });
  try {
    return (await vault.status()).processes;
  } finally {
    vault.close();
  }
};

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });

async function holdfast(stack: Stack, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [main, ...args, '--data', stack.dir, '--json']);
  return JSON.parse(stdout);
}

interface Logged {
  readonly signals: readonly {
    readonly state: string;
    readonly code: string | null;
    readonly reason: string | null;
    readonly repeats: number;
  }[];
}

async function settled(stack: Stack, count: number): Promise<Logged['signals']> {
  for (const deadline = Date.now() + 120_000; ; await sleep(200)) {
    const { signals } = (await holdfast(stack, 'signal', 'log')) as Logged;
    if (signals.length >= count && signals.every(({ state }) => state !== 'waiting')) return signals;
    assert.ok(Date.now() < deadline, `not settled: ${JSON.stringify(signals)}\n${stack.log()}`);
  }
}

test('one alert is one order, also when it is sent again; another pair and size are recorded and refused', {
  timeout: 600_000,
}, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-alert-'));
  const port = await freePort();
  const stack = await startStack({ dir, speed: 10, vaultProcesses, more: ['--webhook-port', String(port)] });
  t.after(async () => {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  // No other bot trades it: an order that would meet another bot's is held back, and a random market decides when.
  const pair = 'ETH/USDT';
  const settings = { size: '50', maxEntryQuote: '60', maxInvestmentQuote: '60' };
  for (const name of ['Alerts', 'Others']) {
    const made = await fetch(`${stack.dashboard}/api/bots`, {
      method: 'POST',
      headers: { ...bearer(stack), 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'signal', name, pair, settings }),
    });
    assert.ok(made.ok, await made.text());
  }
  const [bot = '', other = ''] = (await botsOf(stack)).filter(({ kind }) => kind === 'signal').map(({ id }) => id);
  await assert.rejects(
    holdfast(stack, 'signal', 'token', 'make', '--bot', bot, '--bot', other),
    /both trade ETH\/USDT, so no message could say which of them it is for; make a token for each/,
  );
  const token = (await holdfast(stack, 'signal', 'token', 'make', '--bot', bot, '--name', 'test')) as {
    id: string;
    token: string;
  };
  const alert = {
    ...{
      secret: token.token,
      bot_uuid: token.id,
      action: 'enter_long',
      tv_exchange: 'BINANCE',
      tv_instrument: pair.replace('/', ''),
    },
    timestamp: new Date().toISOString(),
  };
  const post = async (body: object): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}${webhookPaths.signal}`, { method: 'POST', body: JSON.stringify(body) })).status;

  assert.equal(await post({ ...alert, tv_instrument: 'DOGEUSDT' }), 200);
  assert.equal(await post({ ...alert, order: { amount: 5000, currency_type: 'quote' } }), 200);
  assert.equal(await post({ ...alert, secret: 'no token of ours at all' }), 401);
  assert.deepEqual(await Promise.all([post(alert), post(alert), post(alert)]), [200, 200, 200]);
  const [taken, tooLarge, otherPair] = await settled(stack, 3);
  assert.equal(taken?.state, 'taken', taken?.reason ?? '');
  assert.equal(taken?.repeats, 2);
  assert.equal(tooLarge?.code, 'signal-size');
  assert.equal(otherPair?.code, 'signal-pair');

  const db = openEngineQueries(join(stack.dir, 'engine', 'engine.db'));
  t.after(() => db.destroy());
  const ordersOf = () => db.selectFrom('orders').select(['side', 'status', 'code', 'reason']).where('bot', '=', bot).execute();
  const linesOf = () => db.selectFrom('log').select(['level', 'text']).where('bot', '=', bot).orderBy('seq').execute();
  for (const deadline = Date.now() + 120_000; (await ordersOf())[0]?.status !== 'filled'; await sleep(200))
    assert.ok(Date.now() < deadline, `${JSON.stringify(await ordersOf())}\n${stack.log()}`);
  // Sent again while the engine is away, it is still the same signal.
  await stack.kill('engine');
  assert.equal(await post(alert), 200);
  await stack.whole();
  assert.equal(await post({ ...alert, action: 'exit_long' }), 200);
  const [exit] = await settled(stack, 4);
  assert.equal(exit?.state, 'taken', exit?.reason ?? '');
  for (const deadline = Date.now() + 120_000; (await ordersOf()).length < 2; await sleep(200))
    assert.ok(
      Date.now() < deadline,
      `${exit.reason}; the bot waits for ${JSON.stringify((await botsOf(stack)).find(({ id }) => id === bot))}; ${JSON.stringify(await linesOf())}\n${stack.log()}`,
    );
  assert.deepEqual((await ordersOf()).map(({ side }) => side).sort(), ['buy', 'sell']);
});

const bearer = (stack: Stack): { readonly authorization: string } => ({
  authorization: `Bearer ${readFileSync(join(stack.dir, 'cli.token'), 'utf8').trim()}`,
});

async function botsOf(
  stack: Stack,
): Promise<readonly { readonly id: string; readonly kind: string; readonly pairs: readonly string[] }[]> {
  const answer = await fetch(`${stack.dashboard}/api/bots`, { headers: bearer(stack) });
  return ((await answer.json()) as { bots: { id: string; kind: string; pairs: string[] }[] }).bots;
}
