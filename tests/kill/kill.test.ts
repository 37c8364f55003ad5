/**
 * Real SIGKILLs over all kinds of process of the real stack while the demonstration bot trades; then the exchange's own
 * database and ours must say the same, to the last digit. HOLDFAST_KILLS sets how many, HOLDFAST_SEED which.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pair as readPair } from '@holdfast/domain';
import { haltMarket } from '@holdfast/exchange/control';
import { engineMigrations, openDatabase } from '@holdfast/storage';
import { connectVault } from '@holdfast/vault/client';
import { openStore } from '../../apps/exchange/src/store.ts';
import { type ProcessName, processNames, type Stack, startStack } from '../../packages/testkit/src/stack.ts';
import { compareBooks } from '../simulation/compare.ts';
import { chance } from '../simulation/market.ts';

const kills = Number(process.env.HOLDFAST_KILLS ?? 15);
const seed = Number(process.env.HOLDFAST_SEED ?? 20_261_121);
/** Fast enough that a deal takes seconds, slow enough that a kill falls between its steps. */
const speed = 600;
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const vaultProcesses = async (gate: string, dir: string) => {
  const secret = readFileSync(join(dir, 'peers', 'cli.key'), 'utf8').trim();
  const vault = connectVault({ url: gate, key: { id: 'cli', secret } });
  try {
    return (await vault.status()).processes;
  } finally {
    vault.close();
  }
};

/** A second bot with small steps beside the demonstration's, so that something is always on its way when a kill falls. */
async function addBusyBot(stack: Stack): Promise<void> {
  const token = readFileSync(join(stack.dir, 'cli.token'), 'utf8').trim();
  const call = async (path: string, body?: unknown): Promise<{ bots?: { pairs: string[] }[] }> => {
    const answer = await fetch(`${stack.dashboard}/api${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(answer.ok, `${path}: ${answer.status} ${answer.ok ? '' : await answer.text()}`);
    return (await answer.json()) as { bots?: { pairs: string[] }[] };
  };
  const pair = (await call('/bots')).bots?.[0]?.pairs[0];
  const settings = {
    baseOrderSize: '40',
    averagingOrderSize: '40',
    averagingOrders: 4,
    averagingOrdersActive: 2,
    stepPercent: '0.1',
    takeProfitPercent: '0.05',
    retrySeconds: 1,
  };
  await call('/bots', { kind: 'dca', name: 'Busy', pair, settings });
}

/** Every kind in turn, so that all are met however few kills there are; the moment is the seed's. */
async function killAll(stack: Stack, log: (text: string) => void): Promise<ReadonlyMap<ProcessName, number>> {
  const random = chance(seed);
  const killed = new Map<ProcessName, number>();
  for (let done = 0; done < kills; ) {
    await sleep(100 + random() * 900);
    const name = processNames[done % processNames.length]!;
    if ((await stack.kill(name)) === undefined) continue;
    log(`killed ${name}`);
    killed.set(name, (killed.get(name) ?? 0) + 1);
    done += 1;
    if (name === 'up') await stack.start();
    // Now and then the next kill falls into the recovery from the last.
    if (random() < 0.7) await stack.whole();
  }
  await stack.whole();
  return killed;
}

/** A halted market fills nothing more; what was said before is then taken in by everybody. */
async function bringToRest(stack: Stack): Promise<void> {
  const symbols = (await (await fetch(`${stack.exchange}/api/v3/exchangeInfo`)).json()) as {
    symbols: { baseAsset: string; quoteAsset: string }[];
  };
  for (const { baseAsset, quoteAsset } of symbols.symbols)
    await haltMarket({ url: stack.exchange, data: stack.dir }, { pair: `${baseAsset}/${quoteAsset}`, halted: true });
  await sleep(4_000);
}

test(`${kills} kills lose no fill and double no order`, { timeout: 120_000 + kills * 8_000 }, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-kill-'));
  const stack = await startStack({ dir: folder, speed, seed: 7, vaultProcesses });
  try {
    await stack.whole();
    await addBusyBot(stack);
    const killed = await killAll(stack, (text) => context.diagnostic(text));
    await bringToRest(stack);
    assert.equal(await stack.stop(), 0, 'stops cleanly');
    if (kills >= processNames.length) assert.equal(killed.size, processNames.length, 'every kind of process was killed');
    compareStopped(stack.dir, (text) => context.diagnostic(text));
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${stack.log()}`, { cause: error });
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

function compareStopped(data: string, log: (text: string) => void): void {
  const exchange = openStore(join(data, 'exchange', 'exchange.db'));
  const db = openDatabase(join(data, 'engine', 'engine.db'), engineMigrations);
  try {
    const userId = exchange.apiKeys()[0]!.userId;
    const restored = exchange.restored();
    const bots = db.prepare('select pairs from bots').all() as { pairs: string }[];
    const pair = readPair((JSON.parse(bots[0]!.pairs) as string[])[0]!);
    const definition = restored.markets.find((market) => market.definition.pair === pair)!.definition;
    const held = new Map(
      restored.balances
        .filter((balance) => balance.userId === userId)
        .map(({ asset, free, locked }) => [asset as string, free + locked] as const),
    );
    const open = restored.orders.filter((order) => order.userId === userId);
    compareBooks({
      db,
      trades: all(exchange, userId, pair),
      orders: allOrders(exchange, userId, pair),
      open,
      held,
      ...definition,
    });
    const { fills, closed } = db
      .prepare("select (select count(*) from fills) as fills, (select count(*) from deals where status = 'closed') as closed")
      .get() as { fills: number; closed: number };
    log(`${fills} fills, ${closed} deals closed`);
    assert.ok(fills > 0, 'the bot traded meanwhile');
    assert.deepEqual(db.prepare("select text from log where level = 'error'").all(), []);
  } finally {
    exchange.close();
    db.close();
  }
}

type ExchangeStore = ReturnType<typeof openStore>;
const most = 100_000;
const all = (store: ExchangeStore, userId: number, pair: ReturnType<typeof readPair>) =>
  store.trades({ userId, pair, limit: most, fromId: 0 });
const allOrders = (store: ExchangeStore, userId: number, pair: ReturnType<typeof readPair>) =>
  store.orders({ userId, pair, limit: most, fromId: 0 });
