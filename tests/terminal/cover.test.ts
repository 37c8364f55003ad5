/** Trades that sell coins and buy them back, through the real engine, vault and exchange, with crashes too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeState, type TradeState } from '@holdfast/bots';
import type { EngineBot, LedgerMatch } from '@holdfast/contracts';
import { amount } from '@holdfast/domain';
import { compareBooks } from '../simulation/compare.ts';
import { storm } from '../simulation/market.ts';
import { createWorld, type Faults, pair, type World } from '../simulation/world.ts';

const cover = { direction: 'short', sizeIn: 'base', size: '3', takeProfits: '2%:50, 4%:50', retrySeconds: 1 };
const given = { BTC: '3', USDT: '50' };

async function inWorld(faults: Faults, work: (world: World) => Promise<void>, maxSellHeld = '30'): Promise<void> {
  const world = await createWorld(faults, { base: '10', maxSellHeld });
  try {
    await work(world);
  } finally {
    world.close();
  }
}

const create = (world: World, more: object = {}, funds: Readonly<Record<string, string>> = given, id = 'create') =>
  world.command({
    id,
    command: 'bot-create',
    name: id,
    kind: 'trade',
    pair,
    settings: { ...cover, ...more },
    funds,
    start: true,
  });

const rows = (world: World, sql: string): Record<string, unknown>[] => world.db.prepare(sql).all() as Record<string, unknown>[];

const orders = (world: World, where: string): readonly string[] =>
  rows(world, `select * from orders where ${where} order by planned_at, client_order_id`).map(
    ({ kind, side, quantity, price, status }) => `${kind} ${side} ${quantity} at ${price} ${status}`,
  );

const waiting = async (world: World): Promise<string> => {
  const answer = await world.command({ id: `list-${Math.random()}`, command: 'bot-list' });
  return (answer as { result: readonly EngineBot[] }).result[0]?.waitingFor ?? '';
};

/** The exchange's book, the ledger and the sub-books of all trades are the same. */
async function agrees(world: World): Promise<void> {
  const match = await world.command({ id: `match-${Math.random()}`, command: 'reconcile' });
  assert.deepEqual((match as { result: LedgerMatch }).result.differences, []);
  const { exchange, store } = world.venue();
  const query = { userId: world.userId, pair, limit: 1000 };
  const open = exchange.openOrders(world.userId, pair);
  const { tick, lot } = exchange.market(pair)!;
  compareBooks({ db: world.db, trades: store.trades(query), orders: store.orders(query), open, held: world.held(), tick, lot });
  for (const { id, state } of rows(world, 'select * from bots')) {
    const { book } = decodeState<TradeState>(String(state));
    for (const asset of ['BTC', 'USDT']) {
      const bookOf = `(book = 'bot:${id}' or book like 'order:${id}-%')`;
      const balances = rows(world, `select balance from books where asset = '${asset}' and ${bookOf}`);
      const held = balances.reduce((sum, { balance }) => sum + amount(String(balance)), 0n);
      assert.ok((book[asset] ?? 0n) === held && held >= 0n, `the ${asset} of ${id}`);
    }
  }
}

test('coins are sold, the steps rest where the stop lies beyond the band, and all coins come back lower', () =>
  inWorld(
    () => false,
    async (world) => {
      const made = await create(world, { stopLossPercent: '6' });
      assert.equal(made.ok, true, JSON.stringify(made));
      for (const price of [10_000, 10_000, 10_000]) await world.play(price);
      assert.deepEqual(orders(world, "status = 'resting'"), [
        'limit buy 1.502 at 97.79 resting',
        'limit buy 1.502 at 95.8 resting',
      ]);
      assert.match(
        await waiting(world),
        /for the stop loss \(not resting: buying .* over the reference \(E_BAND\); asked for again/,
      );
      const [open] = rows(world, 'select * from deals');
      const [base] = JSON.parse(String(open?.ladder)) as { price: string; filled: string }[];
      assert.deepEqual([base?.filled, Number(base?.price).toFixed(2)], ['3', '99.89'], 'what it entered with is what it sold');
      for (const price of [9_800, 9_770, 9_700, 9_570, 9_570]) await world.play(price);
      const [deal] = rows(world, 'select * from deals');
      assert.deepEqual([deal?.status, Number(deal?.profit) > 8], ['closed', true], await waiting(world));
      assert.ok(world.held().get('BTC')! >= amount('10'));
      await agrees(world);
    },
  ));

test('a stop beyond the band rests once the price has come near, in place of the steps, which are watched', () =>
  inWorld(
    () => false,
    async (world) => {
      await create(world, { stopLossPercent: '6' });
      for (const price of [10_000, 10_000, 10_000, 10_190, 10_190, 10_190]) await world.play(price);
      assert.deepEqual(orders(world, "status = 'resting'"), ['stop-limit buy 3.004 at 106.41 resting']);
      assert.match(await waiting(world), /for the stop loss \(rests/);
      for (const price of [9_770, 9_770, 9_570, 9_570]) await world.play(price);
      const [deal] = rows(world, 'select * from deals');
      assert.deepEqual([deal?.status, Number(deal?.profit) > 8], ['closed', true], await waiting(world));
      await agrees(world);
    },
  ));

test('a fok entry passes a mandate that allows ioc, and is whole or nothing at the exchange', () =>
  inWorld(
    () => false,
    async (world) => {
      const entry = { entry: 'limit', entryTimeInForce: 'fok', takeProfits: '2%:100', stopLossPercent: '5' };
      await create(world, { ...entry, entryPrice: '101' }, given, 'early');
      for (const price of [10_000, 10_000, 10_000]) await world.play(price);
      assert.deepEqual(orders(world, "kind = 'fok' and status <> 'refused'"), ['fok sell 3 at 101 cancelled']);
      await create(world, { ...entry, entryPrice: '99' }, given, 'now');
      for (const price of [10_000, 10_000, 10_000]) await world.play(price);
      assert.deepEqual(orders(world, "kind = 'fok' and status <> 'refused'"), [
        'fok sell 3 at 101 cancelled',
        'fok sell 3 at 99 filled',
      ]);
      const sent = world.venue().store.orders({ userId: world.userId, pair, limit: 1000 });
      assert.deepEqual(
        sent.flatMap(({ timeInForce, status }) => (timeInForce === 'FOK' ? [status] : [])),
        ['EXPIRED', 'FILLED'],
      );
      await agrees(world);
    },
  ));

test('a stop inside the band rests, and the exchange buys back without the engine', () =>
  inWorld(
    () => false,
    async (world) => {
      await create(world, { stopLossPercent: '3' });
      for (const price of [10_000, 10_000, 10_000]) await world.play(price);
      assert.deepEqual(orders(world, "status = 'resting'"), ['stop-limit buy 3.004 at 103.4 resting']);
      for (const price of [10_200, 10_295, 10_300, 10_300]) await world.play(price);
      const [deal] = rows(world, 'select * from deals');
      assert.deepEqual([deal?.status, Number(deal?.profit) < 0], ['closed', true], await waiting(world));
      assert.match(await waiting(world), /its stop loss bought back/);
      assert.ok(orders(world, "kind = 'stop-limit'").at(-1)?.endsWith(' filled'), orders(world, 'true').join(', '));
      await agrees(world);
    },
  ));

test('coins that were sold before are bought back with quote alone, without the right to sell', () =>
  inWorld(
    () => false,
    async (world) => {
      const made = await create(world, { entry: 'held', size: '0', sizeIn: 'quote', heldQuantity: '3' }, { USDT: '301' });
      assert.equal(made.ok, true, JSON.stringify(made));
      for (const price of [10_000, 9_800, 9_780, 9_580, 9_580]) await world.play(price);
      const [deal] = rows(world, 'select * from deals');
      assert.deepEqual([deal?.status, deal?.sold, Number(deal?.profit) > 8], ['closed', '0', true], await waiting(world));
      await agrees(world);
    },
    '0',
  ));

for (const seed of [31, 32])
  test(`with crashes and lost answers, seed ${seed}: nothing is forgotten and the coins add up`, () => {
    const stormy = storm(seed);
    return inWorld(stormy.isDue, async (world) => {
      const texts = [
        { stopLossPercent: '1.5', stopLossTrailing: true, takeProfits: '1%:50, 2%:50', size: '1' },
        { stopLossPercent: '2', entry: 'trailing', entryTrailingPercent: '0.4', takeProfits: '1%:100:market:0.3', size: '1' },
        { profitIn: 'base', entry: 'limit', entryPrice: '100.4', takeProfits: '0.6%:50, 1.2%:50', size: '1' },
      ];
      for (const [index, text] of texts.entries()) await create(world, text, { BTC: '1' }, `cover-${index}`);
      await stormy.play(world, 150, 9_500);
      assert.ok(world.crashes.engine + world.crashes.vault > 3, JSON.stringify(world.crashes));
      assert.ok(rows(world, "select * from deals where status = 'closed'").length > 1, 'trades were closed');
      assert.deepEqual(orders(world, "status in ('planned', 'approved', 'unknown')"), []);
      await agrees(world);
    });
  });
