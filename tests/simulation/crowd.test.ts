/**
 * Bots of every kind on one pair of one account, told things by chance while prices jump, orders are refused, answers are lost and
 * engine and vault crash. Afterwards the exchange's books and ours say the same to the last digit, no bot has traded with
 * another, and each says what it waits for. A seed that fails is in the message: run it alone with HOLDFAST_SEED=N.
 * HOLDFAST_CROWDS sets how many are run.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeState } from '@holdfast/bots';
import { botSettings, type EngineBot, type LedgerMatch } from '@holdfast/contracts';
import { amount, draftMandate, formatAmount, type Mandate, type Pair, pair as pairOf } from '@holdfast/domain';
import { engineMigrations, engineStore, openDatabase, restoreDatabase } from '@holdfast/storage';
import { botKind, readSettings } from '../../apps/engine/src/kinds.ts';
import {
  type Chance,
  type RandomKind,
  randomKinds,
  randomOutside,
  randomSettings,
} from '../../packages/backtest/src/run/testing/random-bots.ts';
import { commandText } from '../parity/paper.ts';
import { ownKindName, ownPort, ownSource } from '../parity/random-case.ts';
import { askText } from '../parity/signals.ts';
import { compareBooks } from './compare.ts';
import { chance } from './market.ts';
import { createWorld, type Faults, pair, type World } from './world.ts';

const only = process.env.HOLDFAST_SEED;
const seeds =
  only === undefined ? Array.from({ length: Number(process.env.HOLDFAST_CROWDS ?? 16) }, (_, n) => n + 1) : [Number(only)];
const groups = 4;
const ticks = 100;
const botsMost = 7;
const faultsMost = 4;
const others = ['ETH/USDT', 'XRP/USDT'].map((name) => name as Pair);
const kinds = Object.values(randomKinds);

/** Prices stand near 1000: the ceiling is higher, more may rest and be sold than usual. */
const generous = (usual: Mandate): Mandate =>
  draftMandate({
    ...usual,
    openOrders: 500,
    ordersPerMinute: 5_000,
    pairs: usual.pairs.map((each) => ({
      ...each,
      ceiling: amount('5000'),
      maxOrderQuote: amount('50000'),
      maxPositionQuote: amount('500000'),
    })),
    turnover24h: amount('100000000'),
    burn24h: amount('1000000'),
  });

/** A few faults at points that chance picks; none before `arm` and after `disarm`. */
function fallible(random: Chance): { readonly faults: Faults; arm(isArmed: boolean): void } {
  let [left, armed] = [faultsMost, false];
  return {
    faults: () => {
      if (!armed || left === 0 || random() > 0.004) return false;
      left -= 1;
      return true;
    },
    arm: (isArmed) => {
      armed = isArmed;
    },
  };
}

const reached = { fills: 0, engine: 0, vault: 0 };
const firstStart = Date.UTC(2026, 0, 1);

/** `backup`: whether the engine is put back on a copy of its database from half of the way, after three quarters of it. */
async function run(seed: number, backup: Backup | undefined = undefined): Promise<void> {
  const random = chance(seed * 15_485_863);
  const { faults, arm } = fallible(random);
  const coins = { base: '40', maxSellHeld: '100000' };
  // Every second crowd trades as on a real exchange, where nobody waits for anybody.
  const market = {
    start: firstStart + seed * 3_777_000,
    quote: '100000',
    candles: true,
    free: seed % 2 === 0,
    levelLots: seed % 3 === 0 ? 20_000 : 25,
    others,
    strategies: ownPort,
  };
  const world = await createWorld(faults, coins, generous, market);
  try {
    const meetings = watchMeetings(world);
    const bots: { readonly id: string; readonly of: RandomKind }[] = [];
    const prices = new Map([pair, ...others].map((of) => [of, 100_000]));
    const move = async (isMoving = true): Promise<void> => {
      for (const [of, price] of prices) {
        const step = !isMoving ? 0 : random() < 0.08 ? 1_500 : 150;
        prices.set(of, Math.max(92_000, Math.min(108_000, Math.round(price + (random() - 0.5) * 2 * step))));
      }
      const [[, first] = [pair, 0], ...rest] = prices;
      await world.play(first, 15_000, new Map(rest));
    };
    for (let n = 0; n < 3; n++) await move(false);
    const added = await world.command({ id: 'add', command: 'strategy-add', source: ownSource });
    assert.ok(added.ok, JSON.stringify(added));
    let halted = 0;
    arm(true);
    for (let n = 0; n < ticks; n++) {
      if (bots.length < botsMost && n % 5 === 0) {
        const of = kinds[Math.floor(random() * kinds.length)]!;
        const id = await create(world, of, random, `make-${n}`);
        if (id !== undefined) bots.push({ id, of });
      }
      const told = bots[Math.floor(random() * bots.length)];
      if (told !== undefined && random() < 0.3) await tell(world, told, random, `tell-${n}`);
      if (told !== undefined && random() < 0.04) await fund(world, told.id, random, `fund-${n}`);
      if (random() < 0.03) await guard(world, random, `guard-${n}`);
      // The first pair stands still for a while now and then.
      if (halted > 0 && --halted === 0) await world.halt(false);
      else if (halted === 0 && random() < 0.01) {
        halted = 1 + Math.floor(random() * 6);
        await world.halt(true);
      }
      await move();
      if (n === ticks / 2) await backup?.take(world);
      if (n === (ticks * 3) / 4 && backup !== undefined) {
        await backup.restore(world);
        bots.length = 0; // whoever was made meanwhile is gone
      }
    }
    arm(false);
    if (halted > 0) await world.halt(false);
    // Long enough for an order that was sent into the void to be known as never arrived.
    for (let n = 0; n < 4; n++) await move(false);
    await world.settle();
    if (backup !== undefined) {
      await backup.compare(world);
      return;
    }
    compare(world);
    compareBeliefs(world);
    await everyBotSpeaks(world);
    assert.deepEqual(meetings(), [], 'no bot has traded with another');
    reached.fills += rows(world, 'select 1 from fills').length;
    reached.engine += world.crashes.engine;
    reached.vault += world.crashes.vault;
  } finally {
    world.close();
  }
}

const rows = (world: World, sql: string): Record<string, unknown>[] => world.db.prepare(sql).all() as Record<string, unknown>[];

/** Answers that a person may get; anything else is a fault of ours. */
const refusals = new Set([
  'command-refused',
  'funds-insufficient',
  'settings-unfit',
  'settings-malformed',
  'bot-has-open-deal',
  'vault-unreachable',
]);

async function create(world: World, of: RandomKind, random: Chance, id: string): Promise<string | undefined> {
  const traded = [pair, ...others].slice(0, of.pairs);
  const settings = randomSettings(of, random, traded, botSettings) as Record<string, unknown>;
  // A basket and targets name their pairs.
  const isNamed = of.kind === 'rebalance' || ('basket' in settings && (settings.basket as unknown[]).length > 0);
  const on = isNamed ? {} : traded.length > 1 ? { pairs: [...traded] } : { pair };
  const funds = coinsFor(of.kind, settings);
  const make = {
    id,
    command: 'bot-create',
    name: of.kind,
    kind: of.kind === 'own' ? ownKindName : of.kind,
    ...on,
    settings,
    start: true,
  } as const;
  const answer = await world.command({ ...make, ...(funds === undefined ? {} : { funds }) });
  if (answer.ok) return (answer.result as EngineBot).id;
  assert.ok(refusals.has(answer.error.code), `${JSON.stringify(make)}: ${JSON.stringify(answer)}`);
  return undefined;
}

/** Limits over all bots, of which one does something now and then. */
async function guard(world: World, random: Chance, id: string): Promise<void> {
  const pick = <Value>(...values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!;
  const changes = {
    maxDeals: pick(0, 0, 3),
    maxExposurePerCoin: pick('0', '0', '1500'),
    crashPercent: pick('0', '2'),
    crashCloses: pick(true, false),
    crashPauseMinutes: 2,
    maxDailyLoss: pick('0', '0', '20'),
    dailyLossCloses: pick(true, false),
    haltCloses: pick(true, false),
    blackList: pick([], [], ['XRP']),
  };
  const answer = await world.command({ id, command: 'guards-set', changes });
  assert.ok(answer.ok, JSON.stringify(answer));
  if (random() < 0.5) await world.command({ id: `${id}-on`, command: 'guards-resume' });
}

/** Who may go short is given coins for it. */
function coinsFor(kind: string, { direction }: Readonly<Record<string, unknown>>): Record<string, string> | undefined {
  if (kind === 'rebalance') return { USDT: '2000', BTC: '1' };
  if (kind === 'signal' && direction !== 'long') return { USDT: '2000', BTC: '1' };
  return undefined;
}

/** More funds, of an asset that the bot may take none of. */
async function fund(world: World, bot: string, random: Chance, id: string): Promise<void> {
  const funds: Record<string, string> = random() < 0.7 ? { USDT: '250' } : { BTC: '0.3' };
  const answer = await world.command({ id, command: 'bot-fund', bot, funds });
  assert.ok(answer.ok || answer.error.code === 'funds-malformed' || refusals.has(answer.error.code), JSON.stringify(answer));
}

/** A word of the kind that the bot's kind is told, at once. */
async function tell(
  world: World,
  { id, of }: { readonly id: string; readonly of: RandomKind },
  random: Chance,
  name: string,
): Promise<void> {
  const spoken = { ...of, outside: of.kind === 'signal' ? 'signals' : 'commands' } as const;
  const [said] = randomOutside(random, spoken, 0, 60_000, [pair, ...others]);
  if (said === undefined) return;
  const answer = await world.command(
    said.kind === 'command'
      ? commandText(name, id, said.command)
      : {
          id: name,
          command: 'signal',
          bots: [id],
          source: 'crowd',
          instrument: said.pair ?? null,
          price: null,
          ask: askText(said.signal.ask),
        },
  );
  assert.ok(answer.ok || refusals.has(answer.error.code), JSON.stringify(answer));
}

/**
 * Trades of one of our orders with another's of another bot, and those that the exchange prevented; but for stops, which a jump past
 * both may bring to what it has jumped over.
 */
function watchMeetings(world: World): () => readonly string[] {
  const met: string[] = [];
  const sides = new Map<string, number>();
  const orderOf = (orderId: number) => rows(world, `select bot, kind from orders where exchange_order_id = '${orderId}'`)[0];
  const note = (...ids: readonly number[]): void => {
    const [one, other] = ids.map(orderOf);
    if (one?.bot === other?.bot || one?.kind === 'stop-limit' || other?.kind === 'stop-limit') return;
    met.push(`${one?.kind} of ${one?.bot} with ${other?.kind} of ${other?.bot}`);
  };
  const pending: (() => void)[] = [];
  world.venue().onUserEvent((event) => {
    if (event.kind !== 'execution') return;
    const { trade, preventedMatch } = event;
    if (trade !== undefined) {
      const name = `${trade.pair} ${trade.tradeId}`;
      const first = sides.get(name);
      if (first === undefined) sides.set(name, trade.orderId);
      else pending.push(() => note(first, trade.orderId));
    }
    if (preventedMatch !== undefined) pending.push(() => note(preventedMatch.takerOrderId, preventedMatch.makerOrderId));
  });
  return () => {
    for (const look of pending) look();
    return met;
  };
}

function compare(world: World): void {
  const { exchange, store } = world.venue();
  const { tick, lot } = exchange.market(pair)!;
  const all = [pair, ...others].map((of) => ({ userId: world.userId, pair: of, limit: 1000 }));
  const trades = all.flatMap((query) => store.trades(query));
  const orders = all.flatMap((query) => store.orders(query));
  const open = all.flatMap((query) => exchange.openOrders(query.userId, query.pair));
  compareBooks({ db: world.db, trades, orders, open, held: world.held(), tick, lot });
  assert.deepEqual(rows(world, "select * from outbox where state = 'planned'"), [], 'nothing waits for a verdict');
  assert.deepEqual(rows(world, "select * from log where level = 'error'"), []);
  const below = "select * from books where balance like '-%' and book not in ('market', 'fees', 'outside')";
  assert.deepEqual(rows(world, below), [], 'nobody has given more than it had');
}

/** What each bot believes to hold is what its book and those of its orders hold. */
function compareBeliefs(world: World): void {
  const books = rows(world, 'select book, asset, balance from books');
  for (const row of rows(world, 'select * from bots')) {
    const kind = botKind(String(row.kind));
    const settings = readSettings(
      String(row.kind),
      JSON.parse(String(row.settings)),
      (JSON.parse(String(row.pairs)) as string[]).map(pairOf),
    );
    const { holdings } = kind.report(settings, decodeState(String(row.state)));
    const placed = rows(world, `select distinct coalesce(oco, client_order_id) as id from orders where bot = '${row.id}'`);
    const own = new Set([`bot:${row.id}`, ...placed.map(({ id }) => `order:${id}`)]);
    const booked = new Map<string, bigint>();
    for (const { book, asset, balance } of books)
      if (own.has(String(book))) booked.set(String(asset), (booked.get(String(asset)) ?? 0n) + amount(String(balance)));
    for (const { asset, amount: believed } of holdings)
      assert.equal(formatAmount(believed), formatAmount(booked.get(asset) ?? 0n), `${asset} of ${row.kind} ${row.id}`);
  }
}

async function everyBotSpeaks(world: World): Promise<void> {
  const match = await world.command({ id: 'reconcile', command: 'reconcile' });
  assert.deepEqual((match as { result: LedgerMatch }).result.differences, []);
  const answer = await world.command({ id: 'list', command: 'bot-list' });
  const list = (answer as { result: readonly EngineBot[] }).result;
  for (const bot of list)
    assert.ok(bot.status === 'stopped' || (bot.waitingFor ?? '').length > 0, `${bot.kind} ${bot.id} waits for nothing`);
}

interface Backup {
  take(world: World): Promise<void>;
  restore(world: World): Promise<void>;
  compare(world: World): Promise<void>;
}

/** The books agree, or the log says what an order has spent that they give to nobody: funds were passed on between bots meanwhile. */
function backupIn(folder: string): Backup {
  const [file, restored] = [join(folder, 'backup.db'), join(folder, 'restored.db')];
  let db: ReturnType<typeof openDatabase>;
  return {
    take: async (world) => {
      const answer = await world.command({ id: 'backup', command: 'backup', file });
      assert.ok(answer.ok, JSON.stringify(answer));
    },
    restore: async (world) => {
      restoreDatabase(file, restored, engineMigrations);
      db = openDatabase(restored, engineMigrations);
      await world.restartOn(engineStore(db));
    },
    compare: async (world) => {
      const answer = await world.command({ id: 'reconcile', command: 'reconcile' });
      const { differences } = (answer as { result: LedgerMatch }).result;
      const log = (db.prepare('select text from log').all() as { text: string }[]).map(({ text }) => text);
      for (const { asset } of differences)
        assert.ok(
          log.some((text) => text.includes(` ${asset} that no book held were spent`)),
          `${JSON.stringify(differences)} without a word on ${asset}`,
        );
      db.close();
    },
  };
}

test('crowds go on from a backup that is older than their vault', async (context) => {
  for (const seed of seeds.slice(0, Math.max(1, seeds.length / 2))) {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-crowd-'));
    context.after(() => rmSync(folder, { recursive: true, force: true }));
    await run(seed, backupIn(folder)).catch((error: Error) => {
      throw new Error(`seed ${seed} (run it alone with HOLDFAST_SEED=${seed}): ${error.message}`, { cause: error });
    });
  }
});

const size = Math.ceil(seeds.length / groups);
for (let first = 0; first < seeds.length; first += size) {
  const part = seeds.slice(first, first + size);
  test(`a crowd of bots loses nothing and keeps apart: seeds ${part[0]} to ${part.at(-1)}`, async () => {
    for (const seed of part)
      await run(seed).catch((error: Error) => {
        throw new Error(`seed ${seed} (run it alone with HOLDFAST_SEED=${seed}): ${error.message}`, { cause: error });
      });
  });
}

test('the crowds trade, and crash', { skip: seeds.length < 16 ? 'fewer than 16 seeds' : false }, (context) => {
  context.diagnostic(`${reached.fills} fills, ${reached.engine} crashes of the engine, ${reached.vault} of the vault`);
  assert.ok(reached.fills > 100 && reached.engine > 4 && reached.vault > 4);
});
