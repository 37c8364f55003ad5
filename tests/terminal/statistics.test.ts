/** What is said of profit, fees and funds of a bot is what the exchange's own trades add up to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineBot } from '@holdfast/contracts';
import { amount, formatAmount } from '@holdfast/domain';
import { type EngineQueries, queries } from '@holdfast/storage';
import { readStatistics } from '../../apps/server/src/bots/statistics.ts';
import { createWorld, pair } from '../simulation/world.ts';

test('statistics agree with the sums over the trades of the exchange', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  await world.play(10_000);
  const settings = {
    baseOrderSize: '100',
    averagingOrderSize: '60',
    averagingOrders: 2,
    stepPercent: '1',
    takeProfitPercent: '1',
  };
  const made = await world.command({ id: 'make', command: 'bot-create', name: 'dca', kind: 'dca', pair, settings, start: true });
  assert.ok(made.ok);
  const { id, funds } = made.result as EngineBot;
  for (const price of [10_000, 9_880, 9_750, 9_900, 10_100, 10_050, 10_200, 10_350, 10_300, 10_150, 10_400, 10_500])
    for (let n = 0; n < 3; n++) await world.play(price);
  await world.command({ id: 'stop', command: 'bot-action', bot: id, action: 'stop' });
  await world.command({ id: 'close', command: 'bot-action', bot: id, action: 'close-now' });
  for (let n = 0; n < 6; n++) await world.play(10_500);
  await world.settle();

  const db = queries(world.db) as unknown as EngineQueries;
  const rows = await db.selectFrom('bots').selectAll().execute();
  const [figures] = await readStatistics(db, rows);
  assert.ok(figures !== undefined && figures.deals >= 3, JSON.stringify(figures));

  // The exchange's side, in its own ticks and lots; fees of buys are taken in coins.
  const { exchange, store } = world.venue();
  const { tick, lot } = exchange.market(pair)!;
  const trades = store.trades({ userId: world.userId, pair, limit: 1000 });
  let [quote, base, fees] = [0n, 0n, 0n];
  for (const { side, price, quantity, commission: fee, commissionAsset: feeAsset } of trades) {
    const [at, lots] = [BigInt(price) * tick, BigInt(quantity) * lot];
    const value = (at * lots) / 10n ** 18n;
    quote += side === 'BUY' ? -value : value;
    base += side === 'BUY' ? lots : -lots;
    if (feeAsset === 'USDT') quote -= fee;
    else base -= fee;
    fees += feeAsset === 'USDT' ? fee : (fee * at) / 10n ** 18n;
  }
  const given = amount(funds.USDT ?? '0');
  const now = Object.fromEntries(figures.funds.map((each) => [each.asset, amount(each.available) + amount(each.reserved)]));
  assert.equal(formatAmount((now.USDT ?? 0n) as never), formatAmount((given + quote) as never), 'quote');
  assert.equal(formatAmount((now.BTC ?? 0n) as never), formatAmount(base as never), 'coins');
  assert.equal(figures.fees, formatAmount(fees as never), 'fees');
  // What is left of the coins, less than a lot, is still in the book at its cost.
  const left = amount(figures.profit) - quote;
  assert.ok(left >= 0n && left < (lot * amount('110')) / 10n ** 18n, `${figures.profit} of ${quote}`);
  const sum = (rows: readonly { readonly profit: string }[]): bigint =>
    rows.reduce((total, row) => total + amount(row.profit), 0n);
  for (const parts of [figures.byDay, figures.byPair, figures.byDeal.map(({ profit }) => ({ profit: profit ?? '0' }))])
    assert.equal(sum(parts), amount(figures.profit));
});
