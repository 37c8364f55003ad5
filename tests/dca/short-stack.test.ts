/** Short deals through the real engine, vault and exchange: coins from before are sold and bought back, with crashes too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DcaState, decodeState } from '@holdfast/bots';
import type { EngineBot, LedgerMatch } from '@holdfast/contracts';
import { amount } from '@holdfast/domain';
import type { EngineResult } from '../../apps/engine/src/engine.ts';
import { compareBooks } from '../simulation/compare.ts';
import { storm } from '../simulation/market.ts';
import { createWorld, type Faults, pair, type World } from '../simulation/world.ts';

const settings = {
  direction: 'short',
  baseOrderSize: '1',
  baseOrderSizeIn: 'base',
  averagingOrderSize: '1',
  averagingOrderSizeIn: 'base',
  averagingOrders: 1,
  averagingOrdersActive: 1,
  stepPercent: '1',
  takeProfitSteps: '0.6:50, 1.2:50',
  stopLossPercent: '3',
  breakevenSteps: 1,
  retrySeconds: 1,
};
const coins = { base: '10', maxSellHeld: '4' };

async function inWorld(faults: Faults, work: (world: World) => Promise<void>, has = coins): Promise<void> {
  const world = await createWorld(faults, has);
  try {
    await work(world);
  } finally {
    world.close();
  }
}

const create = (world: World, more: object = {}): Promise<EngineResult> =>
  world.command({
    id: 'create',
    command: 'bot-create',
    name: 'short',
    kind: 'dca',
    pair,
    settings: { ...settings, ...more },
    funds: { BTC: '4' },
    start: true,
  });

const rows = (world: World, sql: string): Record<string, unknown>[] => world.db.prepare(sql).all() as Record<string, unknown>[];

const orders = (world: World, where: string): readonly string[] =>
  rows(world, `select * from orders where ${where} order by planned_at, client_order_id`).map(
    ({ kind, side, quantity, status }) => `${kind} ${side} ${quantity} ${status}`,
  );

const waiting = async (world: World): Promise<string> => {
  const answer = await world.command({ id: 'list', command: 'bot-list' });
  return (answer as { result: readonly EngineBot[] }).result[0]?.waitingFor ?? '';
};

const stateOf = (world: World): DcaState => decodeState<DcaState>(String(rows(world, 'select * from bots')[0]?.state));

async function agrees(world: World): Promise<void> {
  const match = await world.command({ id: 'match', command: 'reconcile' });
  assert.deepEqual((match as { result: LedgerMatch }).result.differences, []);
  const { exchange, store } = world.venue();
  const query = { userId: world.userId, pair, limit: 1000 };
  const open = exchange.openOrders(world.userId, pair);
  const { tick, lot } = exchange.market(pair)!;
  compareBooks({ db: world.db, trades: store.trades(query), orders: store.orders(query), open, held: world.held(), tick, lot });
  const state = stateOf(world);
  for (const [asset, own] of [
    ['BTC', state.base],
    ['USDT', state.quote],
  ] as const) {
    const books = rows(
      world,
      `select balance from books where asset = '${asset}' and (book like 'bot:%' or book like 'order:%')`,
    );
    assert.equal(
      own,
      books.reduce((sum, { balance }) => sum + amount(String(balance)), 0n),
      `the bot's ${asset}`,
    );
  }
  assert.equal(state.base + costOf(state), amount('4') + state.realised, 'coins are conserved');
  assert.ok(state.base >= 0n, 'it never sold more than it was given');
}

const costOf = ({ deal, dust, kept }: DcaState): bigint => (deal?.held.cost ?? 0n) + dust.cost + kept.cost;

test('coins are sold, the stop rests above, more are sold higher, and all are bought back lower', () =>
  inWorld(
    () => false,
    async (world) => {
      const made = await create(world);
      assert.equal(made.ok, true, JSON.stringify(made));
      for (const price of [10_000, 10_000, 10_000]) await world.play(price);
      assert.deepEqual(orders(world, "role = 'base' and status <> 'refused'"), ['ioc sell 1 filled']);
      assert.deepEqual(orders(world, "status = 'resting'"), ['limit sell 1 resting', 'stop-limit buy 0.966 resting']);
      assert.match(
        await waiting(world),
        /watched by the engine.* to sell averaging order 1 of 1, or .*\(resting at the exchange\)$/,
      );
      for (const price of [10_105, 10_100, 10_100]) await world.play(price);
      assert.deepEqual(orders(world, "role = 'averaging'"), ['limit sell 1 filled']);
      assert.deepEqual(
        orders(world, "kind = 'stop-limit'").map((order) => order.split(' ').at(-1)),
        ['cancelled', 'resting'],
      );
      await agrees(world);
      for (const price of [9_970, 9_960, 9_960, 9_900, 9_890, 9_890]) await world.play(price);
      const [deal] = rows(world, 'select * from deals order by opened_at');
      assert.equal(deal?.status, 'closed', await waiting(world));
      assert.ok(Number(deal?.profit) > 1 && Number(deal?.sold) === 2, JSON.stringify(deal));
      assert.ok(stateOf(world).realised > 0n, 'it has more coins than before');
      await agrees(world);
    },
  ));

test('the exchange triggers the stop above by itself', () =>
  inWorld(
    () => false,
    async (world) => {
      await create(world, { stopAction: 'close-and-stop' });
      for (const price of [10_000, 10_000, 10_000]) await world.play(price);
      for (const price of [10_102, 10_110, 10_200, 10_310, 10_310, 10_310]) await world.play(price);
      const [deal] = rows(world, 'select * from deals');
      assert.equal(deal?.status, 'closed', await waiting(world));
      assert.ok(orders(world, "kind = 'stop-limit'").at(-1)?.endsWith(' filled'), orders(world, 'true').join(', '));
      assert.match(await waiting(world), /^stopped: the stop loss of deal 1 was reached/);
      assert.ok(Number(deal?.profit) < 0 && stateOf(world).realised < 0n);
      await agrees(world);
    },
  ));

test('without the right to sell coins from before, the base order is refused and the bot says so', () =>
  inWorld(
    () => false,
    async (world) => {
      await create(world);
      for (const price of [10_000, 10_000, 10_000]) await world.play(price);
      assert.match(await waiting(world), /beyond the position.*\(E_POS\)/);
      await agrees(world);
    },
    { ...coins, maxSellHeld: '0' },
  ));

for (const seed of [21, 22, 23]) {
  test(`with crashes and lost answers, seed ${seed}: nothing is forgotten and the coins add up`, () => {
    const stormy = storm(seed);
    return inWorld(stormy.isDue, async (world) => {
      await create(world, { stopTrailing: true, stepPercent: '0.8' });
      await stormy.play(world, 250, 10_000);
      assert.ok(world.crashes.engine + world.crashes.vault > 3, JSON.stringify(world.crashes));
      assert.ok(rows(world, "select * from deals where status = 'closed'").length > 2, 'deals were closed');
      assert.deepEqual(orders(world, "status in ('planned', 'approved', 'unknown')"), []);
      await agrees(world);
    });
  });
}
