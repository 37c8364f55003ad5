/** Several bots on one pair of one account, through the real engine, vault and exchange: none keeps another from its trades without need. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineBot } from '@holdfast/contracts';
import { engineStore } from '@holdfast/storage';
import { inWorld, pair, type World } from '../simulation/world.ts';

let ids = 0;
const id = (): string => `neighbours-${++ids}`;

async function create(world: World, kind: string, settings: Record<string, unknown>, funds: string): Promise<string> {
  const asked = {
    id: id(),
    command: 'bot-create',
    name: kind,
    kind,
    pair,
    settings,
    funds: { USDT: funds },
    start: true,
  } as const;
  const answer = await world.command(asked);
  assert.ok(answer.ok, JSON.stringify(answer));
  return (answer.result as EngineBot).id;
}

/** A trade that holds coins from 100, with its stop resting `percent` below. */
const holder = (world: World, percent: string): Promise<string> =>
  create(world, 'trade', { entry: 'market', size: '100', stopLossPercent: percent }, '200');

/** A deal that holds coins from 100, with its averaging order resting `percent` below. */
const averager = (world: World, percent: string): Promise<string> =>
  create(
    world,
    'dca',
    { baseOrderSize: '100', averagingOrderSize: '100', averagingOrders: 1, stepPercent: percent, takeProfitPercent: '20' },
    '400',
  );

interface Row {
  readonly side: string;
  readonly kind: string;
  readonly price: string;
  readonly status: string;
}
const orders = (world: World, bot: string, where: Partial<Row>): readonly Row[] =>
  (
    world.db
      .prepare('select side, kind, price, status from orders where bot = ? order by planned_at, client_order_id')
      .all(bot) as unknown as readonly Row[]
  ).filter((row) => Object.entries(where).every(([name, value]) => row[name as keyof Row] === value));
const log = (world: World): string =>
  (world.db.prepare('select text from log order by seq').all() as { text: string }[]).map(({ text }) => text).join('\n');
async function ticks(world: World, ...prices: readonly number[]): Promise<void> {
  for (const price of prices) await world.play(price);
}
const resting = { status: 'resting' };

test('a stop that waits keeps no other bot from buying, and is what it was after a restart', () =>
  inWorld(async (world) => {
    const first = await holder(world, '5');
    await ticks(world, 10_000, 10_000, 10_000);
    assert.equal(orders(world, first, { kind: 'stop-limit', ...resting }).length, 1, log(world));
    const second = await holder(world, '7');
    await ticks(world, 10_000, 10_000);
    assert.equal(orders(world, second, { side: 'buy', status: 'filled' }).length, 1, log(world));
    await world.restartOn(engineStore(world.db));
    const third = await averager(world, '3');
    await ticks(world, 10_000, 10_000, 10_000);
    assert.equal(orders(world, third, { side: 'buy', status: 'filled' }).length, 1, log(world));
    assert.equal(orders(world, third, { side: 'buy', ...resting }).length, 1, 'above both stops');
    assert.doesNotMatch(log(world), /E_STATE/);
    // All are sold by their stops when the market comes to them.
    await ticks(world, 9_900, 9_700, 9_600, 9_490, 9_480, 9_400, 9_290, 9_280, 9_280);
    for (const bot of [first, second])
      assert.equal(orders(world, bot, { side: 'sell', status: 'filled' }).length, 1, `${bot}\n${log(world)}`);
  }));

test("a stop rests beside another bot's averaging orders but for those between its trigger and its limit", () =>
  inWorld(async (world) => {
    const other = await averager(world, '3');
    await ticks(world, 10_000, 10_000, 10_000);
    assert.equal(orders(world, other, { side: 'buy', ...resting }).length, 1, log(world));
    const farther = await holder(world, '5');
    const nearer = await holder(world, '2');
    await ticks(world, 10_000, 10_000, 10_000);
    for (const bot of [farther, nearer])
      assert.equal(orders(world, bot, { kind: 'stop-limit', ...resting }).length, 1, `${bot}\n${log(world)}`);
    assert.doesNotMatch(log(world), /E_STATE/);
    // Its stop would sell from 97.0 down to what the averaging order at 97 pays.
    const met = await holder(world, '2.9');
    await ticks(world, 10_000, 10_000, 10_000);
    assert.match(log(world), /held back: It would trade with order \S+ of bot bot1 on the same account/);
    assert.equal(orders(world, met, { kind: 'stop-limit', ...resting }).length, 0);
    // It is watched instead: sold when the averaging order is gone and the price has come to it.
    await ticks(world, 9_705, 9_700, 9_690, 9_690, 9_690, 9_690);
    assert.equal(orders(world, other, { side: 'buy', ...resting }).length, 0, log(world));
    assert.equal(orders(world, met, { side: 'sell', status: 'filled' }).length, 1, log(world));
  }));

test("what is sold at the market is sold above another bot's averaging order, and says so", () =>
  inWorld(async (world) => {
    const other = await averager(world, '0.2');
    const seller = await holder(world, '20');
    await ticks(world, 10_000, 10_000, 10_000);
    const [averaging] = orders(world, other, { side: 'buy', ...resting });
    assert.ok(averaging, log(world));
    const answer = await world.command({ id: id(), command: 'bot-action', bot: seller, action: 'close-now' });
    assert.ok(answer.ok, JSON.stringify(answer));
    await ticks(world, 10_000, 10_000);
    const [sold] = orders(world, seller, { side: 'sell', status: 'filled' });
    assert.equal(Number(sold?.price).toFixed(2), (Number(averaging?.price) + 0.01).toFixed(2), log(world));
    assert.match(log(world), /Order \S+ takes no further than \S+: behind it is order \S+ of bot bot1 on the same account/);
  }));

test('an alert that closes one bot and opens another in the same moment does both', () =>
  inWorld(async (world) => {
    const caps = { size: '100', maxEntryQuote: '150', maxInvestmentQuote: '150' };
    const opened = await create(world, 'signal', caps, '200');
    const closed = await averager(world, '3');
    await ticks(world, 10_000, 10_000, 10_000);
    const alert = { command: 'signal', source: 'alert', instrument: null, price: null } as const;
    const enter = { kind: 'enter', direction: 'long', size: null, limit: null, exits: { targets: null, stop: null } } as const;
    const answers = await Promise.all([
      world.command({ ...alert, id: id(), bots: [closed], ask: { kind: 'commands', commands: ['close-now'] } }),
      world.command({ ...alert, id: id(), bots: [opened], ask: enter }),
    ]);
    for (const answer of answers) assert.ok(answer.ok, JSON.stringify(answer));
    await ticks(world, 10_000, 10_000);
    assert.equal(orders(world, opened, { side: 'buy', status: 'filled' }).length, 1, log(world));
    assert.equal(orders(world, closed, { side: 'sell', status: 'filled' }).length, 1, log(world));
    assert.doesNotMatch(log(world), /E_STATE/);
  }));

test("a line of a grid inside another bot's stop waits alone; the other lines rest", () =>
  inWorld(async (world) => {
    const held = await holder(world, '2.9');
    await ticks(world, 10_000, 10_000, 10_000);
    assert.equal(orders(world, held, { kind: 'stop-limit', ...resting }).length, 1, log(world));
    const range = { lowerPrice: '94', upperPrice: '100', lines: 7, amountPerLine: '40', spacing: 'arithmetic' };
    const grid = await create(world, 'grid', range, '400');
    await ticks(world, 10_000, 10_000, 10_000);
    assert.match(log(world), /held back: It would trade with order \S+ of bot bot1 on the same account/);
    const lines = orders(world, grid, { side: 'buy', ...resting }).map((row) => Number(row.price));
    assert.deepEqual(
      lines.sort((a, b) => b - a),
      [99, 98, 96, 95, 94],
      log(world),
    );
    await ticks(world, 9_900, 9_900, 10_005, 10_005);
    const [again] = orders(world, grid, { side: 'buy', price: '99', ...resting });
    assert.ok(again, `the round trip of 99 and 100 waits for no other line\n${log(world)}`);
  }));
