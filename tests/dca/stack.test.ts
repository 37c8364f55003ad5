/** Stops, steps and acts by hand of the DCA bot through the real engine, vault and exchange, with crashes too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DealAct, EngineBot, LedgerMatch } from '@holdfast/contracts';
import type { EngineResult } from '../../apps/engine/src/engine.ts';
import { storm } from '../simulation/market.ts';
import { createWorld, type Faults, pair, type World } from '../simulation/world.ts';

const settings = {
  baseOrderSize: '100',
  averagingOrderSize: '100',
  averagingOrders: 1,
  averagingOrdersActive: 1,
  stepPercent: '1',
  takeProfitSteps: '0.6:50, 1.2:50',
  stopLossPercent: '3',
  breakevenSteps: 1,
  retrySeconds: 1,
};
let ids = 0;
const id = (): string => `dca-${++ids}`;
const bot = (answer: EngineResult): EngineBot => {
  assert.equal(answer.ok, true, JSON.stringify(answer));
  return (answer as { result: EngineBot }).result;
};

async function inWorld(faults: Faults, work: (world: World) => Promise<void>): Promise<void> {
  const world = await createWorld(faults);
  try {
    await work(world);
  } finally {
    world.close();
  }
}

const create = async (world: World, more: object = {}): Promise<EngineBot> =>
  bot(
    await world.command({
      id: id(),
      command: 'bot-create',
      name: 'one',
      kind: 'dca',
      pair,
      settings: { ...settings, ...more },
      funds: { USDT: '1000' },
      start: true,
    }),
  );

const act = (world: World, of: string, what: DealAct) => world.command({ id: id(), command: 'deal-act', bot: of, act: what });

const waiting = async (world: World): Promise<string> => {
  const answer = await world.command({ id: id(), command: 'bot-list' });
  return (answer as { result: readonly EngineBot[] }).result[0]?.waitingFor ?? '';
};

const orders = (world: World, where: string): readonly string[] =>
  world.db
    .prepare(
      `select kind || ' ' || side || ' ' || quantity || ' ' || status as text from orders where ${where} order by planned_at, client_order_id`,
    )
    .all()
    .map((row) => String((row as { text: unknown }).text));

const differences = async (world: World): Promise<unknown> => {
  const match = await world.command({ id: id(), command: 'reconcile' });
  return (match as { result: LedgerMatch }).result.differences;
};

const resting = "status in ('resting', 'partly-filled')";
const stops = "kind = 'stop-limit'";

test('the vault takes both targets with the stop, lets them be moved with the position, and the exchange triggers the stop', () =>
  inWorld(
    () => false,
    async (world) => {
      await create(world);
      for (const price of [10_000, 10_000, 10_000]) await world.play(price);
      assert.equal(orders(world, `${stops} and ${resting}`).length, 2, await waiting(world));
      assert.equal(orders(world, `role = 'take-profit' and ${resting}`).length, 2);
      assert.match(await waiting(world), /to take profit.*\(resting at the exchange\)$/);
      for (const price of [9_895, 9_900, 9_900]) await world.play(price);
      const moved = orders(world, stops).map((order) => order.split(' ').at(-1));
      assert.deepEqual(moved, ['cancelled', 'cancelled', 'resting', 'resting']);
      for (const price of [9_690, 9_680, 9_680, 9_680]) await world.play(price);
      const { status } = world.db.prepare('select status from deals order by opened_at limit 1').get() as { status: string };
      const ends = orders(world, stops)
        .slice(0, 4)
        .map((order) => order.split(' ').at(-1));
      assert.deepEqual([status, ends], ['closed', ['cancelled', 'cancelled', 'filled', 'filled']]);
      assert.deepEqual(await differences(world), []);
    },
  ));

test('funds are added and a deal is edited by hand, and what cannot be is refused with the reason', () =>
  inWorld(
    () => false,
    async (world) => {
      const { id: of } = await create(world, { takeProfitSteps: [], takeProfitPercent: '2', breakevenSteps: 0 });
      for (const price of [10_000, 10_000, 10_000]) await world.play(price);
      bot(await act(world, of, { name: 'add-funds', quote: '50' }));
      await world.play(10_000);
      await world.play(10_000);
      assert.deepEqual(orders(world, "role = 'added'"), ['ioc buy 0.5 filled']);
      bot(await act(world, of, { name: 'add-funds', quote: '50', price: '97.5' }));
      await world.settle();
      assert.deepEqual(
        orders(world, `role = 'added' and ${resting}`).map((order) => order.split(' ')[0]),
        ['limit'],
      );
      bot(await act(world, of, { name: 'cancel-added' }));
      bot(await act(world, of, { name: 'edit-deal', changes: { takeProfitPercent: '0.5', stopLossPercent: '0' } }));
      await world.settle();
      await world.play(10_000);
      assert.deepEqual(
        orders(world, `side = 'sell' and ${resting}`).map((order) => order.split(' ')[0]),
        ['limit'],
      );
      const refused = await act(world, of, { name: 'edit-deal', changes: { trailingPercent: '5', stopLossPercent: '0.5' } });
      assert.equal(refused.ok, false);
      assert.match(JSON.stringify(refused), /command-refused.*trailingPercent.*stopLossPercent/);
      for (const price of [10_070, 10_080, 10_080]) await world.play(price);
      assert.equal(orders(world, "role = 'take-profit' and status = 'filled'").length, 1);
      assert.deepEqual(await differences(world), []);
    },
  ));

const several = {
  baseOrderSize: '100',
  averagingOrders: 1,
  averagingOrdersActive: 1,
  stepPercent: '3',
  takeProfitSteps: [],
  takeProfitPercent: '0.8',
  stopLossPercent: '6',
  breakevenSteps: 0,
  dealsAtOnce: 3,
  dealsPerPair: 3,
  dealStepPercent: '1',
};

test('several deals on one pair: rows, books and acts of each, named by its number', () =>
  inWorld(
    () => false,
    async (world) => {
      const { id: of } = await create(world, several);
      for (const price of [10_000, 10_000, 9_880, 9_880, 9_770, 9_770, 9_770]) await world.play(price);
      const deals = () =>
        world.db.prepare('select number, status from deals order by number').all() as { number: number; status: string }[];
      assert.deepEqual(
        deals().map(({ number, status }) => `${number} ${status}`),
        ['1 open', '2 open', '3 open'],
        await waiting(world),
      );
      const edit = { name: 'edit-deal', changes: { takeProfitPercent: '5' } } as const;
      const unnamed = await act(world, of, edit);
      assert.match(JSON.stringify(unnamed), /command-refused.*Name the deal: open are 1, 2, 3 on BTC\/USDT/);
      bot(await world.command({ id: id(), command: 'deal-act', bot: of, act: edit, deal: 2 }));
      bot(await world.command({ id: id(), command: 'bot-action', bot: of, action: 'close-now', deal: 1 }));
      for (let n = 0; n < 3; n++) await world.play(9_770);
      assert.deepEqual(
        deals().map(({ status }) => status),
        ['closed', 'open', 'open'],
      );
      for (const price of [9_870, 9_870, 9_870]) await world.play(price);
      assert.deepEqual(
        deals()
          .slice(0, 3)
          .map(({ status }) => status),
        ['closed', 'open', 'closed'],
        'the second deal has another target',
      );
      assert.deepEqual(await differences(world), []);
    },
  ));

test('with crashes and lost answers several deals on one pair keep their coins apart', () => {
  const stormy = storm(17);
  return inWorld(stormy.isDue, async (world) => {
    await create(world, several);
    await stormy.play(world, 250, 10_000);
    assert.ok(world.crashes.engine + world.crashes.vault > 3, JSON.stringify(world.crashes));
    const { most } = world.db
      .prepare(
        'select max((select count(*) from deals b where b.opened_at <= a.opened_at and coalesce(b.closed_at, 9e15) > a.opened_at)) as most from deals a',
      )
      .get() as { most: number };
    assert.ok(most > 1 && most <= 3, `${most} deals at once`);
    assert.deepEqual(await differences(world), []);
    assert.deepEqual(orders(world, "status in ('planned', 'approved', 'unknown')"), []);
  });
});

test('coins of a cancelled deal are released, and a trade takes them over', async () => {
  const world = await createWorld(() => false, { base: '0', maxSellHeld: '4' });
  try {
    const { id: of } = await create(world, {
      averagingOrders: 0,
      takeProfitSteps: [],
      takeProfitPercent: '2',
      breakevenSteps: 0,
    });
    for (const price of [10_000, 10_000, 10_000]) await world.play(price);
    bot(await world.command({ id: id(), command: 'bot-action', bot: of, action: 'stop' }));
    bot(await world.command({ id: id(), command: 'bot-action', bot: of, action: 'cancel-deal' }));
    for (let n = 0; n < 3; n++) await world.play(10_000);
    const trade = () =>
      world.command({
        id: id(),
        command: 'bot-create',
        name: 'way out',
        kind: 'trade',
        pair,
        settings: { entry: 'held', heldQuantity: '0.99', heldPrice: '100.1', takeProfits: '1%:100' },
        funds: { BTC: '0.99' },
        start: true,
      });
    assert.match(JSON.stringify(await trade()), /funds/, 'the bot keeps them');
    bot(await world.command({ id: id(), command: 'bot-action', bot: of, action: 'release-kept' }));
    bot(await trade());
    for (const price of [10_000, 10_000, 10_150, 10_150]) await world.play(price);
    assert.deepEqual(orders(world, "side = 'sell' and status = 'filled'").length, 1);
    assert.deepEqual(await differences(world), []);
    const again = await world.command({ id: id(), command: 'bot-action', bot: of, action: 'release-kept' });
    assert.match(JSON.stringify(again), /command-refused.*keeps nothing/);
  } finally {
    world.close();
  }
});

test('a ladder of 130 orders rests whole, however often vault and exchange say that they come too fast', async () => {
  const world = await createWorld(
    () => false,
    undefined,
    (usual) => ({ ...usual, openOrders: 131, ordersPerMinute: 60 }),
  );
  try {
    const ladder = { averagingOrders: 130, averagingOrdersActive: 130, averagingOrderSize: '6', stepPercent: '0.2' };
    await create(world, { ...several, ...ladder, dealsAtOnce: 1, dealsPerPair: 1, dealStepPercent: '0', stopLossPercent: '0' });
    const levels = () => orders(world, `role = 'averaging' and ${resting}`).length;
    for (let n = 0; n < 400 && levels() < 130; n++) await world.play(10_000);
    assert.equal(levels(), 130, await waiting(world));
    assert.deepEqual(await differences(world), []);
  } finally {
    world.close();
  }
});

for (const seed of [11, 12, 13]) {
  test(`with crashes and lost answers, seed ${seed}: nothing is forgotten and the ledger is the exchange's`, () => {
    const stormy = storm(seed);
    return inWorld(stormy.isDue, async (world) => {
      await create(world, { stopTrailing: true, takeProfitSteps: '0.6:50, 1.2:50', stepPercent: '0.8' });
      await stormy.play(world, 250, 10_000);
      assert.ok(world.crashes.engine + world.crashes.vault > 3, JSON.stringify(world.crashes));
      assert.ok(orders(world, `${stops} and status in ('filled', 'cancelled')`).length > 3, 'stops were moved');
      assert.deepEqual(await differences(world), []);
      const unclear = orders(world, "status in ('planned', 'approved', 'unknown')");
      assert.deepEqual(unclear, []);
    });
  });
}
