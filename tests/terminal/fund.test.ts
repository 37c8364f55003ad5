/** Funds given to bots that are there: each takes what it trades with, all of it, keeps it over a restart, and trades with it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineBot } from '@holdfast/contracts';
import { amount, type Pair } from '@holdfast/domain';
import { engineStore } from '@holdfast/storage';
import { compareBooks } from '../simulation/compare.ts';
import { createWorld, pair, type World } from '../simulation/world.ts';

let ids = 0;
const id = (): string => `fund-${++ids}`;
const ask = (world: World, command: object) => world.command({ id: id(), ...command } as Parameters<World['command']>[0]);

async function make(world: World, kind: string, settings: object, funds: object, of: object = { pair }): Promise<string> {
  const answer = await ask(world, { command: 'bot-create', name: kind, kind, ...of, settings, funds, start: true });
  assert.ok(answer.ok, JSON.stringify(answer));
  return (answer.result as EngineBot).id;
}

/** What a bot's sub-book has free and on order, of one asset. */
function has(world: World, bot: string, asset: string): number {
  const books = `book = 'bot:${bot}' or book in (select 'order:' || client_order_id from orders where bot = '${bot}')`;
  const rows = world.db.prepare(`select balance from books where asset = ? and (${books})`).all(asset);
  return rows.reduce((sum, { balance }) => sum + Number(balance), 0);
}
const waits = (world: World, bot: string): string =>
  String(world.db.prepare('select waiting_for from bots where id = ?').get(bot)?.waiting_for);
const counted = (world: World, bot: string, where: string): number =>
  Number(world.db.prepare(`select count(*) as many from orders where bot = ? and ${where}`).get(bot)?.many);

const dca = { baseOrderSize: '100', averagingOrderSize: '100', averagingOrders: 2, averagingOrdersActive: 2, stepPercent: '1' };
const trade = { entry: 'limit', entryPrice: '90', size: '100' };
const grid = { lowerPrice: '95', upperPrice: '99', lines: 5, amountPerLine: '20', balance: false };
const rows: readonly (readonly [string, object, object, object?])[] = [
  ['dca', dca, { USDT: '400' }],
  ['dca', { ...dca, dealsAtOnce: 2, dealsPerPair: 2, dealStepPercent: '1' }, { USDT: '800' }],
  ['dca', { ...dca, direction: 'short', start: 'command' }, { BTC: '5' }],
  ['grid', grid, { USDT: '100', BTC: '1' }],
  ['signal', { size: '50', maxEntryQuote: '50', maxInvestmentQuote: '50' }, { USDT: '60' }],
  [
    'signal',
    { size: '50', maxEntryQuote: '50', maxInvestmentQuote: '50', positionsAtOnce: 2 },
    { USDT: '120' },
    { pairs: [pair, 'ETH/USDT'] },
  ],
  ['trade', trade, { USDT: '110' }],
  ['recurring', { size: '20', schedule: '0 9 * * 1' }, { USDT: '300' }],
  ['recurring', { size: '20', schedule: '0 9 * * 1', basket: `${pair}:100` }, { USDT: '300' }, {}],
  ['rebalance', { targets: `${pair}:50`, cashPercent: '50' }, { USDT: '100' }, {}],
];

test('a bot of every kind takes more of what it trades with, and no more than is free', async (t) => {
  const others = ['ETH/USDT' as Pair];
  const world = await createWorld(() => false, { base: '20', maxSellHeld: '20' }, undefined, { others });
  t.after(() => world.close());
  await world.play(10_000, undefined, new Map([[others[0] as Pair, 10_000]]));
  for (const [kind, settings, funds, of] of rows) {
    const bot = await make(world, kind, settings, funds, of);
    await world.play(10_000);
    const [asset] = Object.keys(funds) as [string];
    const what = `${kind} ${JSON.stringify(settings)}`;
    const before = has(world, bot, asset);
    const given = await ask(world, { command: 'bot-fund', bot, funds: { [asset]: '7.5' } });
    assert.ok(given.ok, `${what}: ${JSON.stringify(given)}`);
    assert.equal(has(world, bot, asset).toFixed(8), (before + 7.5).toFixed(8), what);
    for (const [wrong, reason] of [
      [{ DOGE: '1' }, /takes no DOGE/],
      [{ [asset]: '0' }, /must be above 0/],
      [{}, /name an asset/],
      [{ [asset]: '900000' }, new RegExp(`900000 ${asset} are asked for, and \\S+ are free of other bots`)],
    ] as const) {
      const refused = await ask(world, { command: 'bot-fund', bot, funds: wrong });
      assert.ok(!refused.ok && reason.test(refused.error.reason), `${what}: ${JSON.stringify(refused)}`);
    }
    assert.equal(has(world, bot, asset).toFixed(8), (before + 7.5).toFixed(8), `${what}: refusals give nothing`);
    const gone = await ask(world, { command: 'bot-action', bot, action: 'cancel-deal' });
    if (gone.ok) await world.play(10_000);
    await ask(world, { command: 'bot-action', bot, action: 'stop' });
    await world.play(10_000);
    const deleted = await ask(world, { command: 'bot-action', bot, action: 'delete' });
    assert.ok(deleted.ok, `${what}: ${JSON.stringify(deleted)}`);
    assert.equal(has(world, bot, asset), 0, `${what}: all of it is free again`);
  }
});

test('a bot that ran out of its funds goes on with more, also after a restart', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  const poor = { purchases: 0, fundedPurchases: 1, slippagePercent: '0', feeAsset: 'base' };
  const buys = await make(world, 'recurring', { size: '50', schedule: '* * * * *', ...poor }, { USDT: '60' });
  const deal = await make(world, 'dca', { ...dca, takeProfitPercent: '20' }, { USDT: '301' });
  for (let n = 0; n < 12; n++) await world.play(10_000);
  assert.match(waits(world, buys), /\(funds-short\); give it more funds, then resume it to buy again/);
  const more = { command: 'deal-act', bot: deal, act: { name: 'add-funds', quote: '50' } };
  const refused = await ask(world, more);
  assert.ok(!refused.ok && /free of its orders; 50 USDT are more\. Give it more funds first\./.test(refused.error.reason));

  const granted = async (): Promise<bigint> =>
    (await world.vaultStatus()).accounts[0]!.grants.find(({ bot, alive }) => bot === buys && alive)!.turnover24h;
  const before = await granted();
  assert.ok((await ask(world, { command: 'bot-fund', bot: buys, funds: { USDT: '100' } })).ok);
  assert.equal((await granted()) - before, amount('100'), 'the vault lets it hold as much more');
  assert.ok((await ask(world, { command: 'bot-fund', bot: deal, funds: { USDT: '60' } })).ok);
  await world.restartOn(engineStore(world.db));
  assert.ok((await ask(world, { command: 'bot-action', bot: buys, action: 'resume' })).ok);
  assert.ok((await ask(world, more)).ok);
  const bought = counted(world, buys, "status = 'filled'");
  for (let n = 0; n < 16; n++) await world.play(10_000);
  assert.ok(counted(world, buys, "status = 'filled'") > bought);
  assert.equal(counted(world, deal, "side = 'buy' and status = 'filled'"), 2);
  assert.equal(counted(world, deal, "side = 'buy' and status = 'resting'"), 2, 'its averaging orders rest on');

  const { exchange, store } = world.venue();
  const query = { userId: world.userId, pair, limit: 1000 };
  const { tick, lot } = exchange.market(pair)!;
  const open = exchange.openOrders(world.userId, pair);
  const [trades, placed] = [store.trades(query), store.orders(query)];
  compareBooks({ db: world.db, trades, orders: placed, open, held: world.held(), tick, lot });
});

test('a bot that is given funds keeps what it was granted where its settings need less by now', async (t) => {
  const world = await createWorld(() => false, { base: '20', maxSellHeld: '20' });
  t.after(() => world.close());
  await world.play(10_000);
  const sizes = { baseOrderSize: '1', baseOrderSizeIn: 'base', averagingOrderSize: '1', averagingOrderSizeIn: 'base' };
  const long = await make(world, 'dca', { ...dca, ...sizes, start: 'command' }, { USDT: '400' });
  const short = await make(world, 'dca', { ...dca, direction: 'short', start: 'command' }, { BTC: '5' });
  const granted = async (bot: string) => {
    const { accounts } = await world.vaultStatus();
    const grant = accounts[0]!.grants.find((each) => each.bot === bot && each.alive)!;
    return [grant.maxOrderQuote, grant.turnover24h] as const;
  };
  const before = [await granted(long), await granted(short)] as const;
  for (const price of [9_000, 7_000, 5_000]) await world.play(price);
  assert.ok((await ask(world, { command: 'bot-fund', bot: long, funds: { USDT: '1' } })).ok);
  assert.ok((await ask(world, { command: 'bot-fund', bot: short, funds: { BTC: '0.1' } })).ok);
  for (const [index, bot] of [long, short].entries()) {
    const [was, is] = [before[index]!, await granted(bot)];
    assert.ok(is[0] >= was[0] && is[1] >= was[1], `${was.join(' and ')}, then ${is.join(' and ')}`);
  }
});
