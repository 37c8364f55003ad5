import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, asset, epochMs, formatAmount, pair } from '@holdfast/domain';
import fc from 'fast-check';
import { type CountedDeal, maxDrawdown, statistics, valueOverTime } from './index.ts';

const btc = pair('BTC/USDT');
const hour = 3_600_000;
const day = 24 * hour;
const at = (hours: number) => epochMs(1_750_000_000_000 - (1_750_000_000_000 % day) + hours * hour);

const deal = (from: number, to: number | null, profit: string, over: Partial<CountedDeal> = {}): CountedDeal => ({
  pair: btc,
  openedAt: at(from),
  closedAt: to === null ? null : at(to),
  profit: to === null ? null : amount(profit),
  fees: amount('0.1'),
  traded: true,
  ...over,
});

test('sums by day and pair, and counts the time in which something was open once', () => {
  const eth = pair('ETH/USDT');
  const shown = statistics(
    [
      deal(0, 2, '3'),
      deal(1, 4, '1', { pair: eth }),
      deal(23, 25, '0') /* closes on the next day */,
      deal(30, null, '0'),
      deal(5, 6, '9', { traded: false }),
    ],
    at(0),
    at(40),
  );
  assert.deepEqual(
    shown.byDay.map(({ deals, profit, fees, won }) => [deals, formatAmount(profit), formatAmount(fees), won]),
    [
      [2, '4', '0.2', 2],
      [1, '0', '0.1', 0],
    ],
  );
  assert.deepEqual(
    shown.byPair.map(({ pair: of, deals, profit }) => [of, deals, formatAmount(profit)]),
    [
      ['BTC/USDT', 2, '3'],
      ['ETH/USDT', 1, '1'],
    ],
  );
  // 0 to 4, 23 to 25 and 30 to 40: 16 of 40 hours.
  assert.equal(shown.timeInMarketBps, 4_000);
  assert.deepEqual(
    [shown.best, shown.worst].map((each) => formatAmount(each ?? 0n)),
    ['3', '0'],
  );
  assert.equal(shown.meanDurationMs, (7 * hour) / 3);
});

test('without deals nothing is claimed', () => {
  const shown = statistics([], at(0), at(0));
  assert.deepEqual([shown.deals, shown.best, shown.meanDurationMs, shown.timeInMarketBps], [0, null, null, null]);
});

test('the days add up to the whole, whatever the deals', () => {
  const some = fc.record({
    from: fc.integer({ min: 0, max: 400 }),
    long: fc.integer({ min: 0, max: 90 }),
    profit: fc.integer({ min: 0, max: 99 }),
  });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 30 }), (list) => {
      const shown = statistics(
        list.map(({ from, long, profit }) => deal(from, from + long, String(profit))),
        at(0),
        at(490),
      );
      assert.equal(
        shown.byDay.reduce((sum, { profit }) => sum + profit, 0n),
        shown.profit,
      );
      assert.equal(
        shown.byPair.reduce((sum, { deals }) => sum + deals, 0),
        shown.deals,
      );
      assert.ok(shown.timeInMarketBps !== null && shown.timeInMarketBps <= 10_000);
    }),
  );
});

test('a position that falls before it is sold shows its drawdown', () => {
  const fill = (hours: number, side: 'buy' | 'sell', price: string) => ({
    pair: btc,
    deal: 1,
    side,
    tradeId: `${hours}`,
    price: amount(price),
    quantity: amount('1'),
    fee: amount('0'),
    feeAsset: asset('USDT'),
    at: at(hours),
  });
  const heard = (hours: number, price: string) => ({ at: at(hours), pair: btc, price: amount(price) });
  const curve = valueOverTime(
    [{ asset: asset('USDT'), amount: amount('200') }],
    asset('USDT'),
    [fill(1, 'buy', '100'), fill(5, 'sell', '110')],
    [heard(0, '100'), heard(2, '60'), heard(3, '90'), heard(6, '10')],
  );
  assert.deepEqual(
    curve.map(({ value }) => formatAmount(value)),
    ['200', '200', '160', '190', '210', '210'],
  );
  assert.equal(formatAmount(maxDrawdown(curve).fraction), '0.2');
});
